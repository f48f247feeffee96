// node:async_hooks: AsyncLocalStorage over the engine's asynchronous context.
"use strict";

const native = require("../internal/native.mjs").default;
const { absentAll, checkFunction, invalidType } = require("../internal/errors.js");

// A context is a Map from each storage to its store, which nobody changes.
function runIn(context, fn, self, args) {
  const before = native.setAsyncContext(context);
  try {
    return fn.apply(self, args);
  } finally {
    native.setAsyncContext(before);
  }
}

function bound(fn, self) {
  const context = native.asyncContext();
  return context === undefined && self === undefined
    ? fn
    : function (...args) {
        return runIn(context, fn, self ?? this, args);
      };
}

function withStore(storage, store) {
  return new Map(native.asyncContext() ?? []).set(storage, store);
}

class AsyncLocalStorage {
  #options;
  constructor(options = {}) {
    this.#options = options;
  }
  static bind(fn) {
    return AsyncResource.bind(fn);
  }
  static snapshot() {
    const context = native.asyncContext();
    return (fn, ...args) => runIn(context, fn, undefined, args);
  }
  get name() {
    return this.#options.name ?? "";
  }
  getStore() {
    const context = native.asyncContext();
    return context?.has(this) ? context.get(this) : this.#options.defaultValue;
  }
  enterWith(store) {
    native.setAsyncContext(withStore(this, store));
  }
  run(store, fn, ...args) {
    return runIn(withStore(this, store), fn, null, args);
  }
  exit(fn, ...args) {
    return runIn(withStore(this, undefined), fn, null, args);
  }
  disable() {
    const context = new Map(native.asyncContext() ?? []);
    context.delete(this);
    native.setAsyncContext(context);
  }
}

let lastId = 1;

class AsyncResource {
  #context = native.asyncContext();
  #id = ++lastId;
  constructor(type) {
    if (typeof type !== "string") throw invalidType("type", "string", type);
  }
  static bind(fn, type, self) {
    return new AsyncResource(type ?? fn.name ?? "bound-anonymous-fn").bind(fn, self);
  }
  runInAsyncScope(fn, self, ...args) {
    return runIn(this.#context, fn, self, args);
  }
  bind(fn, self) {
    checkFunction(fn, "fn");
    const resource = this;
    const result = function (...args) {
      return resource.runInAsyncScope(fn, self ?? this, ...args);
    };
    return Object.defineProperty(result, "length", { value: fn.length, configurable: true });
  }
  emitDestroy() {
    return this;
  }
  asyncId() {
    return this.#id;
  }
  triggerAsyncId() {
    return 1;
  }
}

// What the engine calls later without a promise.
for (const name of ["setTimeout", "setInterval", "queueMicrotask"]) {
  const original = globalThis[name];
  globalThis[name] = {
    [name]: (fn, ...args) => original(typeof fn === "function" ? bound(fn) : fn, ...args),
  }[name];
}

module.exports = {
  AsyncLocalStorage,
  AsyncResource,
  ...absentAll(
    "async_hooks",
    "createHook executionAsyncId executionAsyncResource triggerAsyncId",
    "AsyncLocalStorage and AsyncResource are there",
  ),
};
