// process.nextTick
"use strict";

const native = require("./native.mjs").default;
const { checkFunction } = require("./errors.js");

let ticks = [];

function runTicks() {
  try {
    while (ticks.length > 0) {
      const { callback, args, context } = ticks.shift();
      native.setAsyncContext(context);
      callback(...args);
    }
  } finally {
    native.setAsyncContext(undefined);
    if (ticks.length > 0) native.nextTick(runTicks);
  }
}

exports.nextTick = function nextTick(callback, ...args) {
  checkFunction(callback, "callback");
  if (ticks.length === 0) native.nextTick(runTicks);
  ticks.push({ callback, args, context: native.asyncContext() });
};
