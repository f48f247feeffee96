// Whether values are deeply equal, as assert and util understand that.
"use strict";

const types = require("../modules/util/types.js");

const KINDS = ["isDate", "isRegExp", "isMap", "isSet", "isNativeError", "isTypedArray", "isAnyArrayBuffer", "isDataView"];
const KINDS_OF_BOXES = ["isNumberObject", "isStringObject", "isBooleanObject", "isBigIntObject", "isSymbolObject"];
const IDENTITY = ["isWeakMap", "isWeakSet", "isPromise"];

const kindOf = (value) => [...KINDS, ...KINDS_OF_BOXES, ...IDENTITY].find((kind) => types[kind](value));
const enumerable = (object) => (symbol) => Object.prototype.propertyIsEnumerable.call(object, symbol);

function bytesOf(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(value);
}

function sameBytes(a, b) {
  const x = bytesOf(a);
  const y = bytesOf(b);
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}

class Comparison {
  #strict;
  #pairs = []; // that are being compared
  constructor(strict) {
    this.#strict = strict;
  }

  equal(a, b) {
    if (a === b) return a !== 0 || !this.#strict || Object.is(a, b);
    if (this.#strict) {
      if (typeof a !== "object") return typeof a === "number" && Number.isNaN(a) && Number.isNaN(b);
      if (typeof b !== "object" || a === null || b === null) return false;
      if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    } else {
      if (a === null || typeof a !== "object") {
        // eslint-disable-next-line eqeqeq
        return (b === null || typeof b !== "object") && (a == b || (Number.isNaN(a) && Number.isNaN(b)));
      }
      if (b === null || typeof b !== "object") return false;
    }
    return this.#objects(a, b);
  }

  #objects(a, b) {
    const tagOf = Object.prototype.toString;
    if (tagOf.call(a) !== tagOf.call(b)) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    if (Array.isArray(a) && a.length !== b.length) return false;
    const kind = kindOf(a);
    if (kind !== kindOf(b) || IDENTITY.includes(kind) || !this.#sameInside(kind, a, b)) return false;
    const seen = this.#pairs.find(([x, y]) => x === a || y === b);
    if (seen) return seen[0] === a && seen[1] === b;
    this.#pairs.push([a, b]);
    const same = this.#members(kind, a, b);
    this.#pairs.pop();
    return same;
  }

  #sameInside(kind, a, b) {
    switch (kind) {
      case "isDate":
        return Object.is(Date.prototype.getTime.call(a), Date.prototype.getTime.call(b));
      case "isRegExp":
        return a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex;
      case "isNativeError":
        return a.message === b.message && a.name === b.name && this.#hidden(a, b, "cause") && this.#hidden(a, b, "errors");
      case "isTypedArray":
        if (!this.#strict && /Float/.test(a.constructor.name)) return a.length === b.length && a.every((x, i) => x === b[i]);
        return sameBytes(a, b);
      case "isAnyArrayBuffer":
      case "isDataView":
        return sameBytes(a, b);
      case undefined:
      case "isMap":
      case "isSet":
        return a.size === b.size || kind === undefined;
      default:
        return Object.is(a.valueOf(), b.valueOf());
    }
  }

  // A member that is not enumerable.
  #hidden(a, b, name) {
    if (Object.hasOwn(a, name) !== Object.hasOwn(b, name)) return false;
    return !Object.hasOwn(a, name) || this.equal(a[name], b[name]);
  }

  #members(kind, a, b) {
    const skip = kind === "isTypedArray" || kind === "isStringObject" ? (key) => !/^\d+$/.test(key) : () => true;
    const keys = Object.keys(a).filter(skip);
    const others = Object.keys(b).filter(skip);
    if (keys.length !== others.length || !keys.every((key) => Object.hasOwn(b, key) && enumerable(b)(key))) return false;
    if (this.#strict) {
      const symbols = Object.getOwnPropertySymbols(a).filter(enumerable(a));
      if (symbols.length !== Object.getOwnPropertySymbols(b).filter(enumerable(b)).length) return false;
      if (!symbols.every(enumerable(b))) return false;
      keys.push(...symbols);
    }
    if (kind === "isSet" && !this.#sets(a, b)) return false;
    if (kind === "isMap" && !this.#maps(a, b)) return false;
    return keys.every((key) => this.equal(a[key], b[key]));
  }

  #sets(a, b) {
    const rest = [...b].filter((value) => !a.has(value));
    for (const value of a) {
      if (b.has(value)) continue;
      const at = rest.findIndex((other) => this.equal(value, other));
      if (at < 0) return false;
      rest.splice(at, 1);
    }
    return true;
  }

  #maps(a, b) {
    const rest = [...b].filter(([key]) => !a.has(key));
    for (const [key, value] of a) {
      if (b.has(key)) {
        if (!this.equal(value, b.get(key))) return false;
        continue;
      }
      const at = rest.findIndex(([other, found]) => this.equal(key, other) && this.equal(value, found));
      if (at < 0) return false;
      rest.splice(at, 1);
    }
    return true;
  }
}

module.exports = {
  isDeepEqual: (a, b) => new Comparison(false).equal(a, b),
  isDeepStrictEqual: (a, b) => new Comparison(true).equal(a, b),
};
