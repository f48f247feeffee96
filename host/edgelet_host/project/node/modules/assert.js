// node:assert
"use strict";

const { invalidType, kindOf, withCode } = require("../internal/errors.js");
const { isDeepEqual, isDeepStrictEqual } = require("../internal/comparisons.js");
const { inspect } = require("./util.js");
const { isRegExp } = require("./util/types.js");

const SAID = {
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  strictEqual: "Expected values to be strictly equal:",
  deepEqual: "Expected values to be loosely deep-equal:",
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: "Values have same structure but are not reference-equal:",
  notDeepEqualUnequal: "Expected values not to be loosely deep-equal:",
};
const OPTIONS = { compact: false, customInspect: false, depth: 1000, maxArrayLength: Infinity, showHidden: false, sorted: true };

const show = (value) => inspect(value, { ...OPTIONS, showProxy: false, breakLength: Infinity, getters: true });

// The lines of both, those that differ marked: a longest common subsequence.
function difference(actual, expected) {
  const [a, b] = [actual.split("\n"), expected.split("\n")];
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      rows[i][j] = a[i] === b[j] ? rows[i + 1][j + 1] + 1 : Math.max(rows[i + 1][j], rows[i][j + 1]);
    }
  }
  const lines = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i++]}`);
      j++;
    } else if (i < a.length && (j === b.length || rows[i + 1][j] >= rows[i][j + 1])) lines.push(`+ ${a[i++]}`);
    else lines.push(`- ${b[j++]}`);
  }
  return lines.join("\n");
}

// Beyond that a difference takes more memory than it is worth.
const MOST_LINES = 200;

function said(operator, actual, expected) {
  const [a, b] = [show(actual), show(expected)];
  if (operator === "strictEqual" || operator === "deepStrictEqual") {
    const simple = !a.includes("\n") && !b.includes("\n") && a !== b;
    if (simple && (typeof actual !== "object" || actual === null) && (typeof expected !== "object" || expected === null)) {
      if (a.length + b.length <= 12 && (actual !== 0 || expected !== 0)) return `${SAID[operator]}\n\n${a} !== ${b}\n`;
    }
    if (operator === "strictEqual" && a === b && typeof actual === "object") return `${SAID.notIdentical}\n\n${a}\n`;
    const lines = a.split("\n").length + b.split("\n").length;
    const body = lines > MOST_LINES ? `+ ${a}\n- ${b}` : difference(a, b);
    return `${SAID[operator]}\n+ actual - expected\n\n${body}\n`;
  }
  if (operator === "notDeepStrictEqual" || operator === "notStrictEqual") {
    return a.includes("\n") ? `${SAID[operator]}\n\n${a}\n` : `${SAID[operator]}${a.length > 5 ? "\n\n" : " "}${a}${a.length > 5 ? "\n" : ""}`;
  }
  if (operator === "deepEqual") return `${SAID.deepEqual}\n\n${a}\n\nshould loosely deep-equal\n\n${b}`;
  if (operator === "notDeepEqual") return `${SAID.notDeepEqualUnequal}\n\n${a}\n\nshould not loosely deep-equal\n\n${b}`;
  return `${inspect(actual)} ${operator} ${inspect(expected)}`;
}

class AssertionError extends Error {
  constructor(options) {
    if (options === null || typeof options !== "object") throw invalidType("options", "Object", options);
    const { message, operator, stackStartFn, actual, expected } = options;
    super(message != null ? String(message) : said(operator, actual, expected));
    Object.defineProperty(this, "name", { value: "AssertionError", configurable: true, writable: true });
    this.generatedMessage = !message;
    this.code = "ERR_ASSERTION";
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    Error.captureStackTrace?.(this, stackStartFn);
  }
  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}

function fails(details) {
  if (details.message instanceof Error) throw details.message;
  const error = new AssertionError(details);
  if (details.generated) error.generatedMessage = true;
  throw error;
}

function truthy(fn, args) {
  const [value, message] = args;
  if (value) return;
  if (args.length === 0) {
    const text = "No value argument passed to `assert.ok()`";
    fails({ message: text, generated: true, actual: value, expected: true, operator: "==", stackStartFn: fn });
  }
  const text = message ?? "The expression evaluated to a falsy value";
  fails({ message: text, generated: message == null, actual: value, expected: true, operator: "==", stackStartFn: fn });
}

function assert(...args) {
  truthy(assert, args);
}

function ok(...args) {
  truthy(ok, args);
}

// One of those that compare two values.
function comparing(operator, holds, name = operator) {
  const check = {
    [name](actual, expected, message) {
      if (arguments.length < 2) {
        const text = 'The "actual" and "expected" arguments must be specified';
        throw withCode(TypeError, "ERR_MISSING_ARGS", text);
      }
      if (!holds(actual, expected)) fails({ actual, expected, message, operator, stackStartFn: check });
    },
  }[name];
  return check;
}

// eslint-disable-next-line eqeqeq
const loose = (a, b) => a == b || (Number.isNaN(a) && Number.isNaN(b));

function fail(message) {
  if (message instanceof Error) throw message;
  fails({ message: message ?? "Failed", generated: message === undefined, operator: "fail", stackStartFn: fail });
}

function ifError(value) {
  if (value === null || value === undefined) return;
  const text =
    typeof value === "object" && typeof value.message === "string"
      ? value.message.length === 0 && value.constructor
        ? value.constructor.name
        : value.message
      : inspect(value);
  fails({
    actual: value,
    expected: null,
    operator: "ifError",
    message: `ifError got unwanted exception: ${text}`,
    generated: true,
    stackStartFn: ifError,
  });
}

// Whether what was thrown is what is expected; throws where it is not.
function checkThrown(actual, expected, message, fn) {
  const failing = (text) =>
    fails({ actual, expected, message: message ?? text, generated: message == null, operator: fn.name, stackStartFn: fn });
  if (isRegExp(expected)) {
    if (expected.test(String(actual))) return;
    failing(`The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(String(actual))}\n`);
  }
  if (typeof expected === "object") return checkProperties(actual, expected, message, fn);
  if (expected.prototype !== undefined && actual instanceof expected) return;
  if (Object.prototype.isPrototypeOf.call(Error, expected)) {
    const got = actual?.constructor?.name ? `"${actual.constructor.name}"` : `"${inspect(actual, { depth: -1 })}"`;
    const own = actual instanceof Error ? `\n\nError message:\n\n${actual.message}` : "";
    failing(`The error is expected to be an instance of "${expected.name}". Received ${got}${own}`);
  }
  const result = Reflect.apply(expected, {}, [actual]);
  if (result === true) return;
  const name = expected.name ? `"${expected.name}" ` : "";
  const own = actual instanceof Error ? `\n\nCaught error:\n\n${actual}` : "";
  failing(`The ${name}validation function is expected to return "true". Received ${inspect(result)}${own}`);
}

function checkProperties(actual, expected, message, fn) {
  if (typeof actual !== "object" || actual === null) {
    fails({ actual, expected, message, operator: "deepStrictEqual", stackStartFn: fn });
  }
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push("name", "message");
  else if (keys.length === 0) {
    const text = `The argument 'error' may not be an empty object. Received ${inspect(expected)}`;
    throw withCode(TypeError, "ERR_INVALID_ARG_VALUE", text);
  }
  for (const key of keys) {
    const pattern = isRegExp(expected[key]) && typeof actual[key] === "string";
    if (pattern ? expected[key].test(actual[key]) : key in actual && isDeepStrictEqual(actual[key], expected[key])) continue;
    const pick = (from) => Object.fromEntries(keys.filter((one) => one in from).map((one) => [one, from[one]]));
    const text = message ?? said("deepStrictEqual", pick(actual), pick(expected));
    fails({ actual, expected, message: text, generated: message == null, operator: fn.name, stackStartFn: fn });
  }
}

const NOTHING = Symbol("nothing");

function thrownBy(fn) {
  if (typeof fn !== "function") throw invalidType("fn", "function", fn);
  try {
    fn();
  } catch (error) {
    return error;
  }
  return NOTHING;
}

async function rejectionOf(given) {
  let promise = given;
  if (typeof given === "function") {
    promise = given();
    if (typeof promise?.then !== "function") {
      const text = `Expected instance of Promise to be returned from the "promiseFn" function but got ${kindOf(promise)}.`;
      throw withCode(TypeError, "ERR_INVALID_RETURN_VALUE", text);
    }
  } else if (typeof given?.then !== "function" || typeof given.catch !== "function") {
    throw invalidType("promiseFn", ["function", "Promise"], given);
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return NOTHING;
}

function mustFail(fn, actual, args) {
  let [expected, message] = args;
  if (typeof expected === "string") {
    if (args.length === 2) throw invalidType("error", ["function", "Error", "RegExp", "Object"], expected);
    message = expected;
    expected = undefined;
  } else if (expected != null && typeof expected !== "object" && typeof expected !== "function") {
    throw invalidType("error", ["function", "Error", "RegExp", "Object"], expected);
  }
  if (actual === NOTHING) {
    const kind = fn === rejects ? "rejection" : "exception";
    const name = expected?.name ? ` (${expected.name})` : "";
    const text = `Missing expected ${kind}${name}${message ? `: ${message}` : "."}`;
    fails({ actual: undefined, expected, operator: fn.name, message: text, generated: true, stackStartFn: fn });
  }
  if (expected != null) checkThrown(actual, expected, message, fn);
}

function mustNotFail(fn, actual, args) {
  let [expected, message] = args;
  if (actual === NOTHING) return;
  if (typeof expected === "string") [expected, message] = [undefined, expected];
  const fits = isRegExp(expected) ? expected.test(String(actual)) : !expected || actual instanceof expected;
  if (!fits) throw actual;
  const kind = fn === doesNotReject ? "rejection" : "exception";
  const text = `Got unwanted ${kind}${message ? `: ${message}` : "."}\nActual message: "${actual?.message}"`;
  fails({ actual, expected, operator: fn.name, message: text, generated: true, stackStartFn: fn });
}

function throws(fn, ...args) {
  mustFail(throws, thrownBy(fn), args);
}
async function rejects(promise, ...args) {
  mustFail(rejects, await rejectionOf(promise), args);
}
function doesNotThrow(fn, ...args) {
  mustNotFail(doesNotThrow, thrownBy(fn), args);
}
async function doesNotReject(promise, ...args) {
  mustNotFail(doesNotReject, await rejectionOf(promise), args);
}

function matching(name, wanted) {
  const check = {
    [name](text, pattern, message) {
      if (!isRegExp(pattern)) throw invalidType("regexp", "RegExp", pattern);
      if (typeof text === "string" && pattern.test(text) === wanted) return;
      const found = wanted
        ? "The input did not match the regular expression "
        : "The input was expected to not match the regular expression ";
      const why =
        typeof text === "string"
          ? `${found}${inspect(pattern)}. Input:\n\n${inspect(text)}\n`
          : `The "string" argument must be of type string. Received type ${typeof text} (${inspect(text)})`;
      fails({ actual: text, expected: pattern, message: message ?? why, generated: message == null, operator: name, stackStartFn: check });
    },
  }[name];
  return check;
}

const strictEqual = comparing("strictEqual", Object.is);
const notStrictEqual = comparing("notStrictEqual", (a, b) => !Object.is(a, b));
const deepStrictEqual = comparing("deepStrictEqual", isDeepStrictEqual);
const notDeepStrictEqual = comparing("notDeepStrictEqual", (a, b) => !isDeepStrictEqual(a, b));

const shared = {
  AssertionError,
  deepStrictEqual,
  doesNotMatch: matching("doesNotMatch", false),
  doesNotReject,
  doesNotThrow,
  fail,
  ifError,
  match: matching("match", true),
  notDeepStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
};

function strict(...args) {
  truthy(strict, args);
}

Object.assign(assert, shared, {
  deepEqual: comparing("deepEqual", isDeepEqual),
  equal: comparing("==", loose, "equal"),
  notDeepEqual: comparing("notDeepEqual", (a, b) => !isDeepEqual(a, b)),
  notEqual: comparing("!=", (a, b) => !loose(a, b), "notEqual"),
  strict,
});
Object.assign(strict, shared, {
  deepEqual: deepStrictEqual,
  equal: strictEqual,
  notDeepEqual: notDeepStrictEqual,
  notEqual: notStrictEqual,
  strict,
});

module.exports = assert;
