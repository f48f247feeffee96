// node:readline/promises: not there.
"use strict";

module.exports = require("../../internal/errors.js").absentAll(
  "readline/promises",
  "Interface Readline createInterface",
  "a function has no terminal; split the text of a request by its line ends",
);
