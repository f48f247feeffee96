// node:repl: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "repl",
  "REPLServer Recoverable start",
  "devices have no parser",
);
