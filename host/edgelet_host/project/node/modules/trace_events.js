// node:trace_events: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "trace_events",
  "createTracing getEnabledCategories",
  "use console and 'edgelet logs'",
);
