// node:timers: those of the engine, with the objects that Node.js gives. Without globalThis they are these themselves.
"use strict";

const { absent, checkFunction } = require("../internal/errors.js");

const promisified = Symbol.for("nodejs.util.promisify.custom");

class Timeout {
  #id;
  #set;
  #clear;
  #start;
  _onTimeout;
  constructor(callback, ms, args, repeats) {
    this._onTimeout = callback;
    this._idleTimeout = ms;
    this._repeat = repeats ? ms : null;
    this._destroyed = false;
    this.#set = repeats ? "setInterval" : "setTimeout";
    this.#clear = repeats ? globalThis.clearInterval : globalThis.clearTimeout;
    const run = () => {
      if (!repeats) this._destroyed = true;
      this._onTimeout(...args);
    };
    // What async_hooks has put in the place of the engine's keeps the context.
    this.#start = () => globalThis[this.#set](run, ms);
    this.#id = this.#start();
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  hasRef() {
    return true;
  }
  refresh() {
    this.#clear(this.#id);
    this.#id = this.#start();
    this._destroyed = false;
    return this;
  }
  close() {
    this.#clear(this.#id);
    this._destroyed = true;
    return this;
  }
  [Symbol.toPrimitive]() {
    return this.#id;
  }
  [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() {
    this.close();
  }
}

class Immediate extends Timeout {}

function timer(callback, ms, args, repeats) {
  checkFunction(callback, "callback");
  const number = +ms;
  return new Timeout(callback, number >= 1 && number <= 0x7fffffff ? Math.trunc(number) : 1, args, repeats);
}

function clear(given) {
  if (given instanceof Timeout) given.close();
  // clearInterval clears both.
  else if (typeof given === "number" || typeof given === "string") globalThis.clearInterval(+given);
}

const timers = {
  setTimeout: (callback, ms, ...args) => timer(callback, ms, args, false),
  setInterval: (callback, ms, ...args) => timer(callback, ms, args, true),
  setImmediate(callback, ...args) {
    checkFunction(callback, "callback");
    return new Immediate(callback, 0, args, false);
  },
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: clear,
  active: absent("timers", "active", "use timeout.refresh()"),
  enroll: absent("timers", "enroll", "use setTimeout"),
  unenroll: absent("timers", "unenroll", "use clearTimeout"),
};
for (const name of ["setTimeout", "setInterval", "setImmediate"]) {
  Object.defineProperty(timers[name], "name", { value: name });
}
for (const name of ["setTimeout", "setImmediate"]) {
  Object.defineProperty(timers[name], promisified, {
    get: () => require("./timers/promises.js")[name],
    enumerable: true,
  });
}
Object.defineProperty(timers, "promises", { get: () => require("./timers/promises.js"), enumerable: true });

module.exports = timers;
