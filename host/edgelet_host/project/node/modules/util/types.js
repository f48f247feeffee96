// node:util/types: what an object is, by what only such objects let be done.
"use strict";

const tag = (value) => Object.prototype.toString.call(value);

function bears(action) {
  return (value) => {
    try {
      action(value);
      return true;
    } catch {
      return false;
    }
  };
}

const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
const getter = (proto, name) => Object.getOwnPropertyDescriptor(proto, name).get;
const arrayName = (value) => getter(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).call(value);

const types = {
  isExternal: () => false,
  isDate: bears((value) => Date.prototype.getTime.call(value)),
  isArgumentsObject: (value) => tag(value) === "[object Arguments]" && !(Symbol.toStringTag in value),
  isBigIntObject: (value) => isObject(value) && bears((v) => BigInt.prototype.valueOf.call(v))(value),
  isBooleanObject: (value) => isObject(value) && bears((v) => Boolean.prototype.valueOf.call(v))(value),
  isNumberObject: (value) => isObject(value) && bears((v) => Number.prototype.valueOf.call(v))(value),
  isStringObject: (value) => isObject(value) && bears((v) => String.prototype.valueOf.call(v))(value),
  isSymbolObject: (value) => isObject(value) && bears((v) => Symbol.prototype.valueOf.call(v))(value),
  isNativeError: (value) => (Error.isError ? Error.isError(value) : value instanceof Error),
  isRegExp: bears((value) => {
    if (value === RegExp.prototype) throw value;
    getter(RegExp.prototype, "global").call(value);
  }),
  isAsyncFunction: (value) => /^\[object Async(Generator)?Function\]$/.test(tag(value)),
  isGeneratorFunction: (value) => /^\[object (Async)?GeneratorFunction\]$/.test(tag(value)),
  isGeneratorObject: (value) => /^\[object (Async)?Generator\]$/.test(tag(value)),
  isPromise: (value) => value instanceof Promise && tag(value) === "[object Promise]",
  isMap: bears((value) => getter(Map.prototype, "size").call(value)),
  isSet: bears((value) => getter(Set.prototype, "size").call(value)),
  isMapIterator: (value) => tag(value) === "[object Map Iterator]",
  isSetIterator: (value) => tag(value) === "[object Set Iterator]",
  isWeakMap: bears((value) => WeakMap.prototype.has.call(value, value)),
  isWeakSet: bears((value) => WeakSet.prototype.has.call(value, value)),
  isArrayBuffer: bears((value) => getter(ArrayBuffer.prototype, "byteLength").call(value)),
  isDataView: (value) => ArrayBuffer.isView(value) && arrayName(value) === undefined,
  isSharedArrayBuffer: () => false,
  isProxy: require("../../internal/errors.js").absent("util", "types.isProxy", "the engine does not tell"),
  isModuleNamespaceObject: (value) => tag(value) === "[object Module]",
  isBoxedPrimitive: (value) => BOXED.some((name) => types[name](value)),
  isArrayBufferView: ArrayBuffer.isView,
  isTypedArray: (value) => arrayName(value) !== undefined,
  isKeyObject: (value) => Object.prototype.toString.call(value) === "[object KeyObject]",
  isCryptoKey: (value) => typeof CryptoKey !== "undefined" && value instanceof CryptoKey,
};
const BOXED = ["isNumberObject", "isStringObject", "isBooleanObject", "isBigIntObject", "isSymbolObject"];
types.isAnyArrayBuffer = types.isArrayBuffer;
for (const name of [
  ...["Uint8Array", "Uint8ClampedArray", "Uint16Array", "Uint32Array", "Int8Array", "Int16Array", "Int32Array"],
  ...["Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
]) {
  types[`is${name}`] = (value) => arrayName(value) === name;
}

module.exports = types;
