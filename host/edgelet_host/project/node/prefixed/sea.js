// node:sea: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "sea",
  "getAsset getAssetAsBlob getRawAsset isSea",
  "import the file",
);
