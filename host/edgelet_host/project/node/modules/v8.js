// node:v8: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "v8",
  "DefaultDeserializer DefaultSerializer Deserializer Serializer deserialize getHeapSnapshot getHeapSpaceStatistics getHeapStatistics serialize setFlagsFromString writeHeapSnapshot",
  "the engine is QuickJS; structuredClone copies, process.memoryUsage() tells of memory",
);
