// node:inspector/promises: not there.
"use strict";

module.exports = require("../../internal/errors.js").absentAll(
  "inspector/promises",
  "Session",
  "use console and 'edgelet logs'",
);
