// node:worker_threads: there is one thread.
"use strict";

const { absentAll } = require("../internal/errors.js");

module.exports = {
  isMainThread: true,
  parentPort: null,
  resourceLimits: {},
  threadId: 0,
  workerData: null,
  ...absentAll(
    "worker_threads",
    "BroadcastChannel MessageChannel MessagePort Worker getEnvironmentData markAsUntransferable moveMessagePortToContext " +
      "postMessageToThread receiveMessageOnPort setEnvironmentData",
    "a request has one thread; give the work to another function by a service binding",
  ),
};
