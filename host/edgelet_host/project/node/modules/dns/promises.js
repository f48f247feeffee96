// node:dns/promises: not there.
"use strict";

module.exports = require("../../internal/errors.js").absentAll(
  "dns/promises",
  "Resolver lookup lookupService resolve resolve4 resolve6 resolveAny resolveCname resolveMx resolveNs resolvePtr resolveSrv resolveTxt reverse getServers setServers",
  "fetch looks names up; for other records ask a DNS-over-HTTPS server by fetch",
);
