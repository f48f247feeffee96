// node:timers/promises
"use strict";

const timers = require("../timers.js");
const { abortError, invalidType } = require("../../internal/errors.js");

function checkOptions(options) {
  if (options === null || typeof options !== "object") return invalidType("options", "Object", options);
  const { signal, ref } = options;
  if (signal !== undefined && (typeof signal !== "object" || signal === null || !("aborted" in signal))) {
    return invalidType("options.signal", "AbortSignal", signal);
  }
  if (ref !== undefined && typeof ref !== "boolean") return invalidType("options.ref", "boolean", ref);
  return signal?.aborted ? abortError(signal.reason) : undefined;
}

function waitWith(start, value, options = {}) {
  const wrong = checkOptions(options);
  if (wrong) return Promise.reject(wrong);
  const { signal } = options;
  return new Promise((resolve, reject) => {
    const abort = () => {
      timers.clearTimeout(timer);
      reject(abortError(signal.reason));
    };
    const timer = start(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function setTimeout(delay, value, options) {
  return waitWith((done) => timers.setTimeout(done, delay), value, options);
}

function setImmediate(value, options) {
  return waitWith((done) => timers.setImmediate(done), value, options);
}

async function* setInterval(delay, value, options = {}) {
  for (;;) yield setTimeout(delay, value, options);
}

const scheduler = {
  wait: (delay, options) => setTimeout(delay, undefined, options),
  yield: () => setImmediate(),
};

module.exports = { scheduler, setImmediate, setInterval, setTimeout };
