// node:events. The npm package has no captureRejections, on() or AbortSignal.
"use strict";

const { abortError, checkFunction, invalidType, outOfRange, withCode } = require("../internal/errors.js");

const capture = Symbol("kCapture");
const rejection = Symbol.for("nodejs.rejection");
const errorMonitor = Symbol("events.errorMonitor");
const targetMax = Symbol("events.maxEventTargetListeners");
let defaultMaxListeners = 10;
let captures = false;

function checkMax(n, name) {
  if (typeof n !== "number") throw invalidType(name, "number", n);
  if (!(n >= 0)) throw outOfRange(name, ">= 0", n);
}

function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;
Object.defineProperty(EventEmitter.prototype, capture, { value: false, writable: true });

EventEmitter.init = function (options) {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
  }
  this._maxListeners = this._maxListeners || undefined;
  if (options?.captureRejections !== undefined) {
    if (typeof options.captureRejections !== "boolean") {
      throw invalidType("options.captureRejections", "boolean", options.captureRejections);
    }
    this[capture] = options.captureRejections;
  } else if (captures) {
    this[capture] = true;
  }
};

function listenersOf(emitter, name) {
  const found = emitter._events?.[name];
  if (found === undefined) return [];
  return typeof found === "function" ? [found] : found.slice();
}

function maxOf(emitter) {
  return emitter._maxListeners === undefined ? defaultMaxListeners : emitter._maxListeners;
}

function warnOfLeak(emitter, name, list) {
  list.warned = true;
  const what = `${list.length} ${String(name)} listeners added to [${emitter.constructor?.name}]`;
  const warning = new Error(
    `Possible EventEmitter memory leak detected. ${what}. MaxListeners is ${maxOf(emitter)}. ` +
      "Use emitter.setMaxListeners() to increase limit",
  );
  Object.assign(warning, { name: "MaxListenersExceededWarning", emitter, type: name, count: list.length });
  require("./process.js").emitWarning(warning);
}

function add(emitter, name, listener, first) {
  checkFunction(listener, "listener");
  if (emitter._events === undefined) {
    emitter._events = { __proto__: null };
    emitter._eventsCount = 0;
  } else if (emitter._events.newListener !== undefined) {
    emitter.emit("newListener", name, listener.listener ?? listener);
  }
  const events = emitter._events;
  const there = events[name];
  if (there === undefined) {
    events[name] = listener;
    emitter._eventsCount++;
    return emitter;
  }
  const list = typeof there === "function" ? (events[name] = [there]) : there;
  if (first) list.unshift(listener);
  else list.push(listener);
  const most = maxOf(emitter);
  if (most > 0 && list.length > most && !list.warned) warnOfLeak(emitter, name, list);
  return emitter;
}

function onceWrapper(emitter, name, listener) {
  checkFunction(listener, "listener");
  let fired = false;
  function wrapper(...args) {
    if (fired) return undefined;
    emitter.removeListener(name, wrapper);
    fired = true;
    return listener.apply(emitter, args);
  }
  wrapper.listener = listener;
  return wrapper;
}

function throwUnheard(emitter, args) {
  const [error] = args;
  if (error instanceof Error) throw error;
  const text = typeof error === "string" ? `'${error}'` : String(error);
  const unhandled = withCode(Error, "ERR_UNHANDLED_ERROR", `Unhandled error. (${text})`);
  unhandled.context = error;
  throw unhandled;
}

function tellRejection(emitter, error, name, args) {
  if (typeof emitter[rejection] === "function") {
    emitter[rejection](error, name, ...args);
    return;
  }
  const before = emitter[capture];
  try {
    emitter[capture] = false;
    emitter.emit("error", error);
  } finally {
    emitter[capture] = before;
  }
}

function callListener(emitter, listener, name, args) {
  const result = listener.apply(emitter, args);
  if (result == null || !emitter[capture]) return;
  try {
    const { then } = result;
    if (typeof then === "function") {
      const tell = (error) => require("../internal/next_tick.js").nextTick(tellRejection, emitter, error, name, args);
      then.call(result, undefined, tell);
    }
  } catch (error) {
    emitter.emit("error", error);
  }
}

EventEmitter.prototype.emit = function (name, ...args) {
  const events = this._events;
  if (name === "error") {
    if (events?.[errorMonitor] !== undefined) this.emit(errorMonitor, ...args);
    if (events?.error === undefined) throwUnheard(this, args);
  }
  const found = events?.[name];
  if (found === undefined) return false;
  if (typeof found === "function") {
    callListener(this, found, name, args);
  } else {
    for (const listener of found.slice()) callListener(this, listener, name, args);
  }
  return true;
};

EventEmitter.prototype.addListener = function (name, listener) {
  return add(this, name, listener, false);
};
EventEmitter.prototype.on = EventEmitter.prototype.addListener;
EventEmitter.prototype.prependListener = function (name, listener) {
  return add(this, name, listener, true);
};
EventEmitter.prototype.once = function (name, listener) {
  return this.on(name, onceWrapper(this, name, listener));
};
EventEmitter.prototype.prependOnceListener = function (name, listener) {
  return this.prependListener(name, onceWrapper(this, name, listener));
};

function forget(emitter, name) {
  delete emitter._events[name];
  if (--emitter._eventsCount === 0) emitter._events = { __proto__: null };
}

EventEmitter.prototype.removeListener = function (name, listener) {
  checkFunction(listener, "listener");
  const found = this._events?.[name];
  if (found === undefined) return this;
  let removed;
  if (typeof found === "function") {
    if (found !== listener && found.listener !== listener) return this;
    removed = found;
    forget(this, name);
  } else {
    const at = found.findLastIndex((one) => one === listener || one.listener === listener);
    if (at < 0) return this;
    [removed] = found.splice(at, 1);
    if (found.length === 1) this._events[name] = found[0];
  }
  if (this._events.removeListener !== undefined) this.emit("removeListener", name, removed.listener ?? removed);
  return this;
};
EventEmitter.prototype.off = EventEmitter.prototype.removeListener;

EventEmitter.prototype.removeAllListeners = function (...names) {
  if (this._events === undefined) return this;
  if (names.length === 0) {
    for (const name of Reflect.ownKeys(this._events)) {
      if (name !== "removeListener") this.removeAllListeners(name);
    }
    if (this._events.removeListener !== undefined) this.removeAllListeners("removeListener");
    this._events = { __proto__: null };
    this._eventsCount = 0;
    return this;
  }
  for (const listener of listenersOf(this, names[0]).reverse()) this.removeListener(names[0], listener);
  return this;
};

EventEmitter.prototype.listeners = function (name) {
  return listenersOf(this, name).map((one) => one.listener ?? one);
};
EventEmitter.prototype.rawListeners = function (name) {
  return listenersOf(this, name);
};
EventEmitter.prototype.listenerCount = function (name, listener) {
  const all = listenersOf(this, name);
  return listener == null ? all.length : all.filter((one) => one === listener || one.listener === listener).length;
};
EventEmitter.prototype.eventNames = function () {
  return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : [];
};
EventEmitter.prototype.setMaxListeners = function (n) {
  checkMax(n, "setMaxListeners");
  this._maxListeners = n;
  return this;
};
EventEmitter.prototype.getMaxListeners = function () {
  return maxOf(this);
};

function isTarget(value) {
  return typeof value?.addEventListener === "function";
}

// Adds a listener to either kind; gives the function that takes it away.
function listen(emitter, name, listener, options) {
  if (typeof emitter?.on === "function") {
    if (options?.once) emitter.once(name, listener);
    else emitter.on(name, listener);
    return () => emitter.removeListener(name, listener);
  }
  if (!isTarget(emitter)) throw invalidType("emitter", "EventEmitter", emitter);
  emitter.addEventListener(name, listener, options);
  return () => emitter.removeEventListener(name, listener);
}

function checkSignal(signal, name = "options.signal") {
  if (signal !== undefined && (typeof signal !== "object" || signal === null || !("aborted" in signal))) {
    throw invalidType(name, "AbortSignal", signal);
  }
}

async function once(emitter, name, options = {}) {
  const { signal } = options;
  checkSignal(signal);
  if (signal?.aborted) throw abortError(signal.reason);
  return new Promise((resolve, reject) => {
    const undo = [];
    const end = () => undo.forEach((one) => one());
    const settle = (how) => (value) => {
      end();
      how(value);
    };
    undo.push(listen(emitter, name, (...args) => settle(resolve)(args), { once: true }));
    if (name !== "error" && typeof emitter.once === "function") {
      undo.push(listen(emitter, "error", settle(reject), { once: true }));
    }
    if (signal) undo.push(listen(signal, "abort", () => settle(reject)(abortError(signal.reason)), { once: true }));
  });
}

function on(emitter, name, options = {}) {
  const { signal } = options;
  checkSignal(signal);
  if (signal?.aborted) throw abortError(signal.reason);
  const values = [];
  const waiting = [];
  const undo = [];
  let failure;
  let finished = false;

  const iterator = {
    __proto__: Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype),
    next() {
      if (values.length > 0) return Promise.resolve({ value: values.shift(), done: false });
      if (failure) {
        const { error } = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (finished) return close();
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return: () => close(),
    throw(error) {
      if (!(error instanceof Error)) throw invalidType("EventEmitter.AsyncIterator", "Error", error);
      fail(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };

  function close() {
    undo.splice(0).forEach((one) => one());
    finished = true;
    for (const { resolve } of waiting.splice(0)) resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }
  function fail(error) {
    if (waiting.length > 0) waiting.shift().reject(error);
    else failure = { error };
    close();
  }
  function take(...args) {
    if (waiting.length > 0) waiting.shift().resolve({ value: args, done: false });
    else values.push(args);
  }

  undo.push(listen(emitter, name, take));
  if (name !== "error" && typeof emitter.on === "function") undo.push(listen(emitter, "error", fail));
  for (const event of options.close ?? []) undo.push(listen(emitter, event, close));
  if (signal) undo.push(listen(signal, "abort", () => fail(abortError(signal.reason)), { once: true }));
  return iterator;
}

function getEventListeners(emitter, name) {
  if (typeof emitter?.listeners === "function") return emitter.listeners(name);
  throw invalidType("emitter", "EventEmitter", emitter);
}

function addAbortListener(signal, listener) {
  if (signal === undefined) throw invalidType("signal", "AbortSignal", signal);
  checkSignal(signal, "signal");
  checkFunction(listener, "listener");
  let remove = () => {};
  if (signal.aborted) queueMicrotask(() => listener());
  else remove = listen(signal, "abort", listener, { once: true });
  return { [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: () => remove() };
}

function setMaxListeners(n = defaultMaxListeners, ...targets) {
  checkMax(n, "setMaxListeners");
  if (targets.length === 0) defaultMaxListeners = n;
  for (const target of targets) {
    if (typeof target.setMaxListeners === "function") target.setMaxListeners(n);
    else if (isTarget(target)) target[targetMax] = n;
    else throw invalidType("eventTargets", ["EventEmitter", "EventTarget"], target);
  }
}

function getMaxListeners(target) {
  if (typeof target?.getMaxListeners === "function") return target.getMaxListeners();
  if (isTarget(target)) return target[targetMax] ?? defaultMaxListeners;
  throw invalidType("emitter", ["EventEmitter", "EventTarget"], target);
}

function listenerCount(emitter, name) {
  return emitter.listenerCount(name);
}

// A bundler may have renamed it.
Object.defineProperty(EventEmitter, "name", { value: "EventEmitter", configurable: true });
Object.assign(EventEmitter, {
  EventEmitter,
  addAbortListener,
  captureRejectionSymbol: rejection,
  errorMonitor,
  getEventListeners,
  getMaxListeners,
  listenerCount,
  on,
  once,
  setMaxListeners,
  usingDomains: false,
});
Object.defineProperties(EventEmitter, {
  captureRejections: {
    get: () => captures,
    set(value) {
      if (typeof value !== "boolean") throw invalidType("EventEmitter.captureRejections", "boolean", value);
      captures = value;
    },
    enumerable: true,
  },
  defaultMaxListeners: {
    get: () => defaultMaxListeners,
    set(n) {
      checkMax(n, "defaultMaxListeners");
      defaultMaxListeners = n;
    },
    enumerable: true,
  },
  EventEmitterAsyncResource: {
    get() {
      const { AsyncResource } = require("./async_hooks.js");
      return class EventEmitterAsyncResource extends EventEmitter {
        constructor(options = {}) {
          super(options);
          this.asyncResource = new AsyncResource(options.name ?? new.target.name, options);
        }
        emit(...args) {
          return this.asyncResource.runInAsyncScope(super.emit, this, ...args);
        }
      };
    },
    enumerable: true,
  },
});

module.exports = EventEmitter;
