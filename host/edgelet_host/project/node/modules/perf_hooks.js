// node:perf_hooks: the clock of the global performance.
"use strict";

const { absentAll } = require("../internal/errors.js");

module.exports = {
  performance,
  constants: {},
  ...absentAll(
    "perf_hooks",
    "PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver PerformanceObserverEntryList " +
      "PerformanceResourceTiming createHistogram monitorEventLoopDelay",
    "take performance.now() before and after, and log the difference",
  ),
};
