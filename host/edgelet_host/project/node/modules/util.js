// node:util. inspect and format are those of the npm package node-inspect-extracted, which has Node.js' own; parseArgs
// those of @pkgjs/parseargs, likewise.
"use strict";

const extracted = require("../internal/inspect.js");
const { absentAll, checkFunction, checkInteger, checkString, invalidType, invalidValue, withCode } =
  require("../internal/errors.js");
const types = require("./util/types.js");

const { format, formatWithOptions, inspect, stripVTControlCharacters } = extracted;
const custom = Symbol.for("nodejs.util.promisify.custom");

function promisify(original) {
  checkFunction(original, "original");
  const own = original[custom];
  if (own) {
    checkFunction(own, "util.promisify.custom");
    return Object.defineProperty(own, custom, { value: own, configurable: true });
  }
  const names = original[promisify.argumentNames];
  function promised(...args) {
    return new Promise((resolve, reject) => {
      const done = (error, ...values) => {
        if (error) reject(error);
        else if (names && values.length > 1) resolve(Object.fromEntries(names.map((name, i) => [name, values[i]])));
        else resolve(values[0]);
      };
      Reflect.apply(original, this, [...args, done]);
    });
  }
  Object.defineProperty(promised, custom, { value: promised, configurable: true });
  const descriptors = Object.getOwnPropertyDescriptors(original);
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  delete descriptors.prototype;
  return Object.defineProperties(promised, descriptors);
}
promisify.custom = custom;
promisify.argumentNames = Symbol("customPromisifyArgs");

function callbackify(original) {
  checkFunction(original, "original");
  function callbackified(...args) {
    const callback = args.pop();
    checkFunction(callback, "last argument");
    const { nextTick } = require("../internal/next_tick.js");
    const fail = (reason) => {
      let error = reason;
      if (!reason) {
        error = withCode(Error, "ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value");
        error.reason = reason;
      }
      nextTick(callback.bind(this), error);
    };
    Reflect.apply(original, this, args).then((value) => nextTick(callback.bind(this), null, value), fail);
  }
  const descriptors = Object.getOwnPropertyDescriptors(original);
  if (typeof descriptors.length?.value === "number") descriptors.length.value++;
  if (typeof descriptors.name?.value === "string") descriptors.name.value += "Callbackified";
  delete descriptors.prototype;
  return Object.defineProperties(callbackified, descriptors);
}

function inherits(constructor, superConstructor) {
  if (constructor == null) throw invalidType("ctor", "Function", constructor);
  if (superConstructor == null) throw invalidType("superCtor", "Function", superConstructor);
  if (superConstructor.prototype === undefined) {
    throw invalidType("superCtor.prototype", "Object", superConstructor.prototype);
  }
  Object.defineProperty(constructor, "super_", { value: superConstructor, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, superConstructor.prototype);
}

const told = new Set();

function deprecate(fn, message, code) {
  let warned = false;
  function deprecated(...args) {
    if (!warned && !(code !== undefined && told.has(code))) {
      warned = true;
      if (code !== undefined) told.add(code);
      require("./process.js").emitWarning(message, "DeprecationWarning", code);
    }
    return new.target ? Reflect.construct(fn, args, new.target) : Reflect.apply(fn, this, args);
  }
  const { prototype } = fn;
  Object.setPrototypeOf(deprecated, fn);
  if (prototype) deprecated.prototype = prototype;
  return Object.defineProperty(deprecated, "length", { ...Object.getOwnPropertyDescriptor(fn, "length") });
}

// NODE_DEBUG, as ever.
function debuglog(set, callback) {
  const name = String(set).toUpperCase();
  const wanted = () =>
    String(globalThis.process.env.NODE_DEBUG ?? "")
      .split(",")
      .some((one) => new RegExp(`^${one.trim().replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`, "i").test(name));
  let enabled;
  const log = (...args) => {
    if ((enabled ??= wanted())) console.error(`${name} ${globalThis.process.pid ?? 1}: ${format(...args)}`);
  };
  callback?.(log);
  return Object.defineProperty(log, "enabled", { get: () => (enabled ??= wanted()), enumerable: true });
}

function styleText(style, text) {
  checkString(text, "text");
  let [before, after] = ["", ""];
  for (const name of Array.isArray(style) ? style : [style]) {
    const codes = inspect.colors[name];
    if (codes === undefined) {
      throw invalidValue("format", name, `must be one of: ${Object.keys(inspect.colors).map((one) => `'${one}'`).join(", ")}`);
    }
    before += `\x1b[${codes[0]}m`;
    after = `\x1b[${codes[1]}m${after}`;
  }
  return before + text + after;
}

function aborted(signal, resource) {
  if (signal === undefined) throw invalidType("signal", "AbortSignal", signal);
  if (resource == null) return Promise.reject(invalidType("resource", "Object", resource));
  return signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

// What .env files say.
function parseEnv(content) {
  checkString(content, "content");
  const values = {};
  const line = /^\s*(?:export\s+)?([\w.-]+)\s*=[^\S\n]*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|`([^`]*)`|([^\n#]*))[^\n]*$/gm;
  for (const [, name, double, single, back, bare] of content.replaceAll("\r\n", "\n").matchAll(line)) {
    values[name] = double?.replaceAll("\\n", "\n") ?? single ?? back ?? bare.trim();
  }
  return values;
}

const SYSTEM_ERRORS = {
  EACCES: [-13, "permission denied"],
  EADDRINUSE: [-98, "address already in use"],
  ECONNABORTED: [-103, "software caused connection abort"],
  ECONNREFUSED: [-111, "connection refused"],
  ECONNRESET: [-104, "connection reset by peer"],
  EEXIST: [-17, "file already exists"],
  EHOSTUNREACH: [-113, "host is unreachable"],
  EINVAL: [-22, "invalid argument"],
  EISDIR: [-21, "illegal operation on a directory"],
  EMFILE: [-24, "too many open files"],
  ENOENT: [-2, "no such file or directory"],
  ENOTDIR: [-20, "not a directory"],
  ENOTFOUND: [-3008, "unknown node or service"],
  EPERM: [-1, "operation not permitted"],
  EPIPE: [-32, "broken pipe"],
  ETIMEDOUT: [-110, "connection timed out"],
};

function getSystemErrorMap() {
  return new Map(Object.entries(SYSTEM_ERRORS).map(([name, [number, text]]) => [number, [name, text]]));
}

function getSystemErrorName(number) {
  checkInteger(number, "err", -4096, -1);
  return getSystemErrorMap().get(number)?.[0] ?? `Unknown system error ${number}`;
}

function parseArgs(config) {
  try {
    return require("../node_modules/@pkgjs/parseargs/index.js").parseArgs(config);
  } catch (error) {
    throw error.code?.startsWith("ERR_PARSE_ARGS") ? withCode(TypeError, error.code, error.message) : error;
  }
}

const isFunction = (value) => typeof value === "function";

module.exports = {
  TextDecoder,
  TextEncoder,
  aborted,
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  getSystemErrorMap,
  getSystemErrorName,
  inherits,
  inspect,
  parseEnv,
  promisify,
  stripVTControlCharacters,
  styleText,
  toUSVString: (text) => String(text).toWellFormed(),
  types,
  _extend: (target, source) => (source !== null && typeof source === "object" ? Object.assign(target, source) : target),
  get isDeepStrictEqual() {
    return require("../internal/comparisons.js").isDeepStrictEqual;
  },
  get MIMEType() {
    return require("../internal/mime.js").MIMEType;
  },
  get MIMEParams() {
    return require("../internal/mime.js").MIMEParams;
  },
  parseArgs,
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === "boolean",
  isBuffer: (value) => value?.constructor?.isBuffer?.(value) ?? false,
  isDate: types.isDate,
  isError: types.isNativeError,
  isFunction,
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value == null,
  isNumber: (value) => typeof value === "number",
  isObject: (value) => value !== null && typeof value === "object",
  isPrimitive: (value) => value === null || (typeof value !== "object" && !isFunction(value)),
  isRegExp: types.isRegExp,
  isString: (value) => typeof value === "string",
  isSymbol: (value) => typeof value === "symbol",
  isUndefined: (value) => value === undefined,
  log: (...args) => console.log(format(...args)),
  ...absentAll("util", "transferableAbortController transferableAbortSignal getCallSites", "there are no threads"),
};
