// node:buffer. The npm package buffer takes six times the memory, and knows neither base64url nor other arrays of bytes;
// the codecs are the engine's.
"use strict";

const { checkInteger, invalidType, invalidValue, outOfRange, withCode } = require("../internal/errors.js");

const MOST = 2 ** 31 - 1;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

// The names of encodings, by what Node.js takes for them.
const NAMES = {
  utf8: "utf8",
  "utf-8": "utf8",
  hex: "hex",
  base64: "base64",
  base64url: "base64url",
  latin1: "latin1",
  binary: "latin1",
  ascii: "ascii",
  ucs2: "utf16le",
  "ucs-2": "utf16le",
  utf16le: "utf16le",
  "utf-16le": "utf16le",
};
const nameOf = (encoding) => NAMES[encoding] ?? NAMES[String(encoding).toLowerCase()];

function checkedName(encoding) {
  if (encoding === undefined || encoding === null || encoding === "") return "utf8";
  const name = nameOf(encoding);
  if (name === undefined) throw withCode(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
  return name;
}

// Strings to bytes. What does not belong into base64 is left out, hex ends before it, and base64url and base64 take each
// other's digits.

const plain = (bytes) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function base64Bytes(text) {
  const end = text.indexOf("=");
  let digits = (end < 0 ? text : text.slice(0, end)).replace(/[^A-Za-z0-9+/_-]/g, "");
  digits = digits.replaceAll("-", "+").replaceAll("_", "/");
  if (digits.length % 4 === 1) digits = digits.slice(0, -1);
  return Uint8Array.fromBase64(digits, { lastChunkHandling: "loose" });
}

function charBytes(text, mask) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i) & mask;
  return bytes;
}

function wideBytes(text) {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[2 * i] = unit;
    bytes[2 * i + 1] = unit >> 8;
  }
  return bytes;
}

const ENCODE = {
  utf8: (text) => encoder.encode(text),
  hex(text) {
    const digits = /^(?:[0-9a-fA-F]{2})*/.exec(text)[0];
    return Uint8Array.fromHex(digits);
  },
  base64: base64Bytes,
  base64url: base64Bytes,
  latin1: (text) => charBytes(text, 0xff),
  ascii: (text) => charBytes(text, 0xff),
  utf16le: wideBytes,
};

// Bytes to strings.

const PIECE = 4096;

function charString(bytes, mask) {
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) {
    const part = bytes.subarray(at, at + PIECE);
    text += String.fromCharCode.apply(null, mask === 0xff ? part : part.map((byte) => byte & mask));
  }
  return text;
}

function wideString(bytes) {
  const units = new Uint16Array(bytes.length >> 1);
  for (let i = 0; i < units.length; i++) units[i] = bytes[2 * i] | (bytes[2 * i + 1] << 8);
  let text = "";
  for (let at = 0; at < units.length; at += PIECE) text += String.fromCharCode.apply(null, units.subarray(at, at + PIECE));
  return text;
}

const DECODE = {
  utf8: (bytes) => decoder.decode(bytes),
  hex: (bytes) => bytes.toHex(),
  base64: (bytes) => bytes.toBase64(),
  base64url: (bytes) => bytes.toBase64({ alphabet: "base64url", omitPadding: true }),
  latin1: (bytes) => charString(bytes, 0xff),
  ascii: (bytes) => charString(bytes, 0x7f),
  utf16le: wideString,
};

// ---- making them ----

const adopt = (bytes) => Object.setPrototypeOf(bytes, Buffer.prototype);

function checkSize(size) {
  if (typeof size !== "number") throw invalidType("size", "number", size);
  if (!(size >= 0 && size <= MOST)) throw outOfRange("size", `>= 0 && <= ${MOST}`, size);
}

function Buffer(value, encoding, length) {
  if (typeof value !== "number") return Buffer.from(value, encoding, length);
  if (typeof encoding === "string") throw invalidType("string", "string", value);
  return Buffer.alloc(value);
}
Object.setPrototypeOf(Buffer, Uint8Array);
Buffer.prototype = Object.create(Uint8Array.prototype, {
  constructor: { value: Buffer, configurable: true, writable: true },
});
// A bundler may have renamed it.
Object.defineProperty(Buffer, "name", { value: "Buffer", configurable: true });
Buffer.poolSize = 8192;

Buffer.alloc = function (size, fill, encoding) {
  checkSize(size);
  const made = adopt(new Uint8Array(size));
  return fill === undefined || fill === 0 || size === 0 ? made : made.fill(fill, encoding);
};
Buffer.allocUnsafe = Buffer.allocUnsafeSlow = (size) => Buffer.alloc(size);
Buffer.of = (...bytes) => adopt(Uint8Array.from(bytes, (byte) => byte & 255));
Buffer.isBuffer = (value) => value instanceof Buffer;

Buffer.from = function (value, encoding, length) {
  if (typeof value === "string") return adopt(ENCODE[checkedName(encoding)](value));
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean") {
    throw invalidType("first argument", ["string", "Buffer", "ArrayBuffer", "Array", "an Array-like Object"], value);
  }
  if (value instanceof ArrayBuffer) {
    const offset = +encoding || 0;
    if (offset > value.byteLength) {
      throw withCode(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
    }
    const rest = value.byteLength - offset;
    if (length !== undefined && length > rest) {
      throw withCode(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"length" is outside of buffer bounds');
    }
    return adopt(new Uint8Array(value, offset, length === undefined ? rest : Math.max(+length || 0, 0)));
  }
  if (ArrayBuffer.isView(value) && value instanceof Uint8Array) return adopt(Uint8Array.prototype.slice.call(plain(value)));
  if (typeof value === "object" || typeof value === "function") {
    const inner = value.valueOf?.();
    if (inner != null && inner !== value && typeof inner !== "function") return Buffer.from(inner, encoding, length);
    if (value.type === "Buffer" && Array.isArray(value.data)) return adopt(Uint8Array.from(value.data, (byte) => byte & 255));
    if (value.length !== undefined) return adopt(Uint8Array.from(Array.from(value), (byte) => byte & 255));
    if (typeof value[Symbol.toPrimitive] === "function") {
      const primitive = value[Symbol.toPrimitive]("string");
      if (typeof primitive === "string") return Buffer.from(primitive, encoding);
    }
  }
  throw invalidType("first argument", ["string", "Buffer", "ArrayBuffer", "Array", "an Array-like Object"], value);
};

Buffer.concat = function (list, length) {
  if (!Array.isArray(list)) throw invalidType("list", "Array", list);
  if (list.length === 0) return Buffer.alloc(0);
  list.forEach((one, i) => checkBytes(one, `list[${i}]`));
  const size = length ?? list.reduce((sum, one) => sum + one.length, 0);
  checkInteger(size, "length", 0, Number.MAX_SAFE_INTEGER);
  const result = Buffer.alloc(size);
  let at = 0;
  for (const one of list) {
    const part = one.subarray(0, size - at);
    result.set(part, at);
    at += part.length;
  }
  return result;
};

Buffer.isEncoding = (encoding) => typeof encoding === "string" && encoding !== "" && nameOf(encoding) !== undefined;

Buffer.byteLength = function (value, encoding) {
  if (typeof value !== "string") {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
    throw invalidType("string argument", ["string", "Buffer", "ArrayBuffer"], value);
  }
  switch (nameOf(encoding) ?? "utf8") {
    case "utf8":
      return encoder.encode(value).length;
    case "utf16le":
      return value.length * 2;
    case "hex":
      return value.length >>> 1;
    case "base64":
    case "base64url":
      return Math.floor((value.replace(/={1,2}$/, "").length * 3) / 4);
    default:
      return value.length;
  }
};

Buffer.copyBytesFrom = function (view, offset = 0, length = view.length - offset) {
  if (!ArrayBuffer.isView(view)) throw invalidType("view", ["TypedArray"], view);
  const part = view.subarray(offset, offset + length);
  return adopt(new Uint8Array(part.buffer, part.byteOffset, part.byteLength).slice());
};

function range(bytes, start, end) {
  const from = start === undefined || start <= 0 ? 0 : Math.trunc(start) || 0;
  const to = end === undefined || end > bytes.length ? bytes.length : Math.trunc(end) || 0;
  return to <= from ? undefined : [from, to];
}

Buffer.prototype.toString = function (encoding, start, end) {
  const found = range(this, start, end);
  if (found === undefined) return "";
  const part = new Uint8Array(this.buffer, this.byteOffset + found[0], found[1] - found[0]);
  return DECODE[checkedName(encoding)](part);
};
Buffer.prototype.toLocaleString = Buffer.prototype.toString;

// Writes as many characters as fit wholly.
Buffer.prototype.write = function (text, offset, length, encoding) {
  if (typeof text !== "string") throw withCode(TypeError, "ERR_INVALID_ARG_TYPE", "argument must be a string");
  let [at, most, name] = [offset, length, encoding];
  if (typeof at === "string") [at, most, name] = [undefined, undefined, at];
  else if (typeof most === "string") [most, name] = [undefined, most];
  if (at !== undefined) checkInteger(at, "offset", 0, this.length);
  const from = at ?? 0;
  if (most !== undefined) checkInteger(most, "length", 0, this.length - from);
  const room = Math.min(most ?? Infinity, this.length - from);
  const target = new Uint8Array(this.buffer, this.byteOffset + from, room);
  const kind = checkedName(name);
  if (kind === "utf8") return encoder.encodeInto(text, target).written;
  const bytes = ENCODE[kind](text);
  const part = bytes.subarray(0, kind === "utf16le" ? room & ~1 : room);
  target.set(part);
  return part.length;
};
for (const [method, kind] of [
  ["utf8", "utf8"],
  ["latin1", "latin1"],
  ["ascii", "ascii"],
  ["hex", "hex"],
  ["base64", "base64"],
  ["base64url", "base64url"],
  ["ucs2", "utf16le"],
]) {
  Buffer.prototype[`${method}Write`] = function (text, offset, length) {
    return this.write(text, offset, length, kind);
  };
  Buffer.prototype[`${method}Slice`] = function (start, end) {
    return this.toString(kind, start, end);
  };
}

// ---- parts, comparisons, searches ----

function checkBytes(value, name) {
  if (!(value instanceof Uint8Array)) throw invalidType(name, ["Buffer", "Uint8Array"], value);
}

function compareBytes(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return Math.sign(a.length - b.length);
}

Buffer.compare = function (a, b) {
  checkBytes(a, "buf1");
  checkBytes(b, "buf2");
  return compareBytes(a, b);
};

// Where a value lies in a buffer, from an offset on forwards or backwards; -1 where it does not.
function find(buffer, value, offset, encoding, forwards) {
  let [at, name] = typeof offset === "string" ? [undefined, offset] : [offset, encoding];
  at = +at;
  if (Number.isNaN(at)) at = forwards ? 0 : buffer.length;
  at = Math.trunc(Math.max(Math.min(at, MOST), -MOST));
  if (at < 0) at += buffer.length;
  if (typeof value === "number") {
    if (forwards) return Uint8Array.prototype.indexOf.call(buffer, value & 255, Math.max(at, 0));
    return at < 0 ? -1 : Uint8Array.prototype.lastIndexOf.call(buffer, value & 255, at);
  }
  const wanted = typeof value === "string" ? ENCODE[checkedName(name)](value) : value;
  if (!(wanted instanceof Uint8Array)) throw invalidType("value", ["number", "string", "Buffer", "Uint8Array"], value);
  const last = buffer.length - wanted.length;
  if (wanted.length === 0) return Math.min(Math.max(at, 0), buffer.length);
  const step = forwards ? 1 : -1;
  for (let i = forwards ? Math.max(at, 0) : Math.min(at, last); i >= 0 && i <= last; i += step) {
    let same = 0;
    while (same < wanted.length && buffer[i + same] === wanted[same]) same++;
    if (same === wanted.length) return i;
  }
  return -1;
}

Object.assign(Buffer.prototype, {
  equals(other) {
    checkBytes(other, "otherBuffer");
    return this.length === other.length && compareBytes(this, other) === 0;
  },
  compare(target, targetStart = 0, targetEnd = target?.length, sourceStart = 0, sourceEnd = this.length) {
    checkBytes(target, "target");
    checkInteger(targetStart, "targetStart", 0, Number.MAX_SAFE_INTEGER);
    checkInteger(targetEnd, "targetEnd", 0, target.length);
    checkInteger(sourceStart, "sourceStart", 0, Number.MAX_SAFE_INTEGER);
    checkInteger(sourceEnd, "sourceEnd", 0, this.length);
    return compareBytes(plain(this).subarray(sourceStart, sourceEnd), plain(target).subarray(targetStart, targetEnd));
  },
  indexOf(value, offset, encoding) {
    return find(this, value, offset, encoding, true);
  },
  lastIndexOf(value, offset, encoding) {
    return find(this, value, offset, encoding, false);
  },
  includes(value, offset, encoding) {
    return this.indexOf(value, offset, encoding) >= 0;
  },
  subarray(start, end) {
    return adopt(plain(this).subarray(start, end));
  },
  slice(start, end) {
    return this.subarray(start, end);
  },
  copy(target, targetStart = 0, sourceStart = 0, sourceEnd = this.length) {
    if (!(target instanceof Uint8Array)) throw invalidType("target", ["Buffer", "Uint8Array"], target);
    const at = Math.trunc(+targetStart) || 0;
    if (at < 0) throw outOfRange("targetStart", ">= 0", targetStart);
    const from = Math.trunc(+sourceStart) || 0;
    if (from < 0 || from > this.length) throw outOfRange("sourceStart", `>= 0 && <= ${this.length}`, sourceStart);
    const to = Math.trunc(+sourceEnd) || 0;
    if (to < 0) throw outOfRange("sourceEnd", ">= 0", sourceEnd);
    if (at >= target.length || from >= to) return 0;
    const part = plain(this).subarray(from, Math.min(to, from + target.length - at));
    target.set(part, at);
    return part.length;
  },
  fill(value, offset, end, encoding) {
    let [from, to, name] = [offset, end, encoding];
    if (typeof from === "string") [from, to, name] = [undefined, undefined, from];
    else if (typeof to === "string") [to, name] = [undefined, to];
    if (from !== undefined) checkInteger(from, "offset", 0, this.length);
    if (to !== undefined) checkInteger(to, "end", 0, this.length);
    [from, to] = [from ?? 0, to ?? this.length];
    const bytes = typeof value === "string" ? ENCODE[checkedName(name)](value) : value;
    if (!(bytes instanceof Uint8Array)) {
      Uint8Array.prototype.fill.call(this, bytes & 255, from, to);
    } else if (bytes.length === 0) {
      if (value !== "") throw invalidValue("value", value);
      Uint8Array.prototype.fill.call(this, 0, from, to);
    } else {
      for (let at = from; at < to; at++) this[at] = bytes[(at - from) % bytes.length];
    }
    return this;
  },
  toJSON() {
    return { type: "Buffer", data: Array.from(this) };
  },
});
for (const bits of [16, 32, 64]) {
  const size = bits / 8;
  Buffer.prototype[`swap${bits}`] = function () {
    if (this.length % size !== 0) {
      throw withCode(RangeError, "ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${bits}-bits`);
    }
    for (let at = 0; at < this.length; at += size) plain(this).subarray(at, at + size).reverse();
    return this;
  };
}
for (const [name, member] of [["parent", "buffer"], ["offset", "byteOffset"]]) {
  Object.defineProperty(Buffer.prototype, name, {
    get() {
      return this instanceof Buffer ? this[member] : undefined;
    },
    enumerable: true,
    configurable: true,
  });
}

const inspectSymbol = Symbol.for("nodejs.util.inspect.custom");
Buffer.prototype[inspectSymbol] = function () {
  const most = module.exports.INSPECT_MAX_BYTES;
  const shown = this.toString("hex", 0, most).replace(/(..)(?=.)/g, "$1 ");
  const rest = this.length > most ? ` ... ${this.length - most} more byte${this.length - most > 1 ? "s" : ""}` : "";
  return `<${this.constructor.name}${shown && " "}${shown}${rest}>`;
};
Buffer.prototype.inspect = Buffer.prototype[inspectSymbol];

// ---- numbers ----

function checkOffset(buffer, offset, size) {
  if (typeof offset !== "number") throw invalidType("offset", "number", offset);
  if (buffer.length < size && Number.isInteger(offset)) {
    throw withCode(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
  }
  if (!Number.isInteger(offset)) throw outOfRange("offset", "an integer", offset);
  const most = buffer.length - size;
  if (offset < 0 || offset > most) throw outOfRange("offset", `>= 0 and <= ${most}`, offset);
}

// Throws where an integer does not fit into so many bytes.
function checkValue(value, size, signed) {
  if (size === 8) {
    const [least, most] = signed ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
    if (value >= least && value <= most) return;
    throw outOfRange("value", signed ? ">= -(2n ** 63n) and < 2n ** 63n" : ">= 0n and < 2n ** 64n", value);
  }
  const least = signed ? -(2 ** (size * 8 - 1)) : 0;
  const most = 2 ** (size * 8 - (signed ? 1 : 0)) - 1;
  if (value < least || value > most) throw outOfRange("value", `>= ${least} and <= ${most}`, value);
}

const viewOf = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);

// Under both of their names.
function method(name, action) {
  Buffer.prototype[name] = action;
  if (name.includes("UInt")) Buffer.prototype[name.replace("UInt", "Uint")] = action;
}

for (const [name, kind, size] of [
  ["UInt8", "Uint8", 1],
  ["Int8", "Int8", 1],
  ["UInt16", "Uint16", 2],
  ["Int16", "Int16", 2],
  ["UInt32", "Uint32", 4],
  ["Int32", "Int32", 4],
  ["BigUInt64", "BigUint64", 8],
  ["BigInt64", "BigInt64", 8],
  ["Float", "Float32", 4],
  ["Double", "Float64", 8],
]) {
  for (const order of size === 1 ? [""] : ["LE", "BE"]) {
    const little = order === "LE";
    method(`read${name}${order}`, function (offset = 0) {
      checkOffset(this, offset, size);
      return viewOf(this)[`get${kind}`](offset, little);
    });
    method(`write${name}${order}`, function (value, offset = 0) {
      const number = size === 8 && kind !== "Float64" ? value : +value;
      if (kind.includes("nt")) checkValue(number, size, !kind.includes("Uint"));
      checkOffset(this, offset, size);
      viewOf(this)[`set${kind}`](offset, number, little);
      return offset + size;
    });
  }
}

// Integers of 1 to 6 bytes.
for (const signed of [false, true]) {
  for (const order of ["LE", "BE"]) {
    const name = `${signed ? "Int" : "UInt"}${order}`;
    const checkSpan = (buffer, offset, length) => {
      if (offset === undefined) throw invalidType("offset", "number", offset);
      checkInteger(length, "byteLength", 1, 6);
      checkOffset(buffer, offset, length);
    };
    method(`read${name}`, function (offset, length) {
      checkSpan(this, offset, length);
      let value = 0;
      for (let i = 0; i < length; i++) value = value * 256 + this[offset + (order === "BE" ? i : length - 1 - i)];
      return signed && value >= 2 ** (8 * length - 1) ? value - 2 ** (8 * length) : value;
    });
    method(`write${name}`, function (value, offset, length) {
      if (length !== undefined) checkValue(+value, length, signed);
      checkSpan(this, offset, length);
      let rest = +value < 0 ? +value + 2 ** (8 * length) : +value;
      for (let i = 0; i < length; i++) {
        this[offset + (order === "LE" ? i : length - 1 - i)] = rest % 256;
        rest = Math.floor(rest / 256);
      }
      return offset + length;
    });
  }
}

function SlowBuffer(size) {
  return Buffer.alloc(size);
}

function isUtf8(input) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(input);
    return true;
  } catch {
    return false;
  }
}

function transcode(source, from, to) {
  const kinds = [nameOf(from), nameOf(to)];
  if (kinds.includes(undefined) || /hex|base64/.test(kinds.join())) {
    const error = new Error(`Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]`);
    throw Object.assign(error, { code: "U_ILLEGAL_ARGUMENT_ERROR", errno: 1 });
  }
  let text = Buffer.from(source).toString(kinds[0]);
  const most = { latin1: 0xff, ascii: 0x7f }[kinds[1]];
  if (most) text = Array.from(text, (one) => (one.codePointAt(0) > most ? "?" : one)).join("");
  return Buffer.from(text, kinds[1]);
}

module.exports = {
  Blob,
  Buffer,
  File,
  INSPECT_MAX_BYTES: 50,
  SlowBuffer,
  atob,
  btoa,
  constants: { MAX_LENGTH: MOST, MAX_STRING_LENGTH: 2 ** 30 - 1 },
  isAscii: (input) => plain(new Uint8Array(input.buffer ?? input)).every((byte) => byte < 128),
  isUtf8,
  kMaxLength: MOST,
  kStringMaxLength: 2 ** 30 - 1,
  transcode,
};
Object.defineProperty(globalThis, "Buffer", { value: Buffer, configurable: true, writable: true });
