// node:cluster: there is one process.
"use strict";

const { absentAll } = require("../internal/errors.js");

module.exports = {
  isMaster: true,
  isPrimary: true,
  isWorker: false,
  settings: {},
  workers: {},
  ...absentAll("cluster", "Worker disconnect fork setupMaster setupPrimary", "`edgelet serve` serves with what there is"),
};
