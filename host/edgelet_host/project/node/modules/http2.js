// node:http2: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "http2",
  "Http2ServerRequest Http2ServerResponse connect createSecureServer createServer getDefaultSettings getPackedSettings getUnpackedSettings",
  "use fetch, or node:http",
);
