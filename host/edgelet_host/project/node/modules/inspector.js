// node:inspector: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "inspector",
  "Session close console open url waitForDebugger",
  "use console and 'edgelet logs'",
);
