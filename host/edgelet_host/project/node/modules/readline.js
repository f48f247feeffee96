// node:readline: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "readline",
  "Interface clearLine clearScreenDown createInterface cursorTo emitKeypressEvents moveCursor",
  "a function has no terminal; split the text of a request by its line ends",
);
