// Errors with Node.js' codes and messages.
"use strict";

const PRIMITIVES = new Set(["string", "function", "number", "object", "boolean", "bigint", "symbol", "Object", "Function"]);

function shown(value) {
  if (typeof value === "string") {
    const cut = value.length > 26 ? `${value.slice(0, 24)}...` : value;
    const text = cut.replace(/\0/g, "\\x00");
    return `'${text}'`.slice(0, value.length > 26 ? -1 : undefined);
  }
  return typeof value === "bigint" ? `${value}n` : String(value);
}

function kindOf(value) {
  if (value == null) return `${value}`;
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value !== "object") return `type ${typeof value} (${shown(value)})`;
  const name = value.constructor?.name;
  return name ? `an instance of ${name}` : "[Object: null prototype] {}";
}

function listed(words) {
  if (words.length < 3) return words.join(" or ");
  return `${words.slice(0, -1).join(", ")}, or ${words.at(-1)}`;
}

function wanted(expected) {
  const all = Array.isArray(expected) ? expected : [expected];
  const types = all.filter((one) => PRIMITIVES.has(one)).map((one) => one.toLowerCase());
  const classes = all.filter((one) => !PRIMITIVES.has(one) && /^([A-Z][a-z0-9]*)+$/.test(one));
  const others = all.filter((one) => !PRIMITIVES.has(one) && !classes.includes(one));
  const parts = [];
  if (types.length > 0) parts.push(`${types.length > 1 ? "one of type" : "of type"} ${listed(types)}`);
  if (classes.length > 0) parts.push(`an instance of ${listed(classes)}`);
  if (others.length > 0) parts.push(others.length > 1 ? `one of ${listed(others)}` : others[0]);
  return parts.join(" or ");
}

function withCode(Base, code, message) {
  const error = new Base(message);
  error.code = code;
  return error;
}

function invalidType(name, expected, value) {
  const what = name.endsWith(" argument") ? `The ${name}` : `The "${name}" ${name.includes(".") ? "property" : "argument"}`;
  return withCode(TypeError, "ERR_INVALID_ARG_TYPE", `${what} must be ${wanted(expected)}. Received ${kindOf(value)}`);
}

function invalidValue(name, value, reason = "is invalid") {
  const kind = name.includes(".") ? "property" : "argument";
  return withCode(TypeError, "ERR_INVALID_ARG_VALUE", `The ${kind} '${name}' ${reason}. Received ${shown(value)}`);
}

function grouped(number) {
  return Number.isInteger(number) && Math.abs(number) > 2 ** 32
    ? String(number).replace(/\B(?=(\d{3})+$)/g, "_")
    : String(number);
}

function outOfRange(name, range, value) {
  const got = typeof value === "number" ? grouped(value) : shown(value);
  return withCode(
    RangeError,
    "ERR_OUT_OF_RANGE",
    `The value of "${name}" is out of range. It must be ${range}. Received ${got}`,
  );
}

function checkFunction(value, name) {
  if (typeof value !== "function") throw invalidType(name, "function", value);
}

function checkString(value, name) {
  if (typeof value !== "string") throw invalidType(name, "string", value);
}

function checkInteger(value, name, least, most) {
  if (typeof value !== "number") throw invalidType(name, "number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < least || value > most) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
}

function abortError(cause) {
  const error = new Error("The operation was aborted", cause === undefined ? undefined : { cause });
  error.name = "AbortError";
  error.code = "ABORT_ERR";
  return error;
}

// A function that throws what to do instead, which can be inherited from and looked for with instanceof.
function absent(module, name, way) {
  return {
    [name]: function () {
      throw withCode(
        Error,
        "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
        `${name} of node:${module} is not there on a device: ${way}`,
      );
    },
  }[name];
}

// The functions and classes of that module with these names, separated by spaces.
function absentAll(module, names, way) {
  return Object.fromEntries(names.split(" ").map((name) => [name, absent(module, name, way)]));
}

module.exports = {
  abortError,
  absent,
  absentAll,
  checkFunction,
  checkInteger,
  checkString,
  invalidType,
  invalidValue,
  kindOf,
  outOfRange,
  withCode,
};
