// node:wasi: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "wasi",
  "WASI",
  "devices have no WebAssembly",
);
