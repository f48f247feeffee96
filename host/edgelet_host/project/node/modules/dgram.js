// node:dgram: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "dgram",
  "Socket createSocket",
  "a function reaches others by fetch",
);
