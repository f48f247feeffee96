// node:tls: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "tls",
  "SecureContext Server TLSSocket checkServerIdentity connect createSecureContext createServer getCiphers",
  "fetch speaks https",
);
