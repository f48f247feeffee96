// node:test: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "test",
  "after afterEach before beforeEach describe it mock only run skip suite test todo",
  "use 'edgelet test', or Node.js on your computer",
);
