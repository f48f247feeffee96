// node:sqlite: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "sqlite",
  "DatabaseSync StatementSync",
  "use a KV binding",
);
