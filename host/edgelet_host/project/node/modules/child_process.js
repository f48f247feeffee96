// node:child_process: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "child_process",
  "ChildProcess exec execFile execFileSync execSync fork spawn spawnSync",
  "a device runs no other programs; ask a server that does, by fetch",
);
