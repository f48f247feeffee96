// node:domain: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "domain",
  "Domain create createDomain",
  "use try and catch, or AsyncLocalStorage",
);
