// node:string_decoder. That of npm gives what end() has given again.
"use strict";

const { Buffer } = require("./buffer.js");
const { invalidType, withCode } = require("../internal/errors.js");

const ENCODINGS = { binary: "latin1", ucs2: "utf16le", "ucs-2": "utf16le", "utf-16le": "utf16le", "utf-8": "utf8" };

// How many of the last bytes wait for others.
function rest(encoding, bytes) {
  if (encoding !== "utf16le") return bytes.length % 3;
  const odd = bytes.length % 2;
  const high = bytes.length > odd + 1 && (bytes[bytes.length - odd - 1] & 0xfc) === 0xd8;
  return odd + (high ? 2 : 0);
}

class StringDecoder {
  #bytes = Buffer.alloc(0);
  #decoder;
  constructor(encoding) {
    const name = encoding === undefined || encoding === null || encoding === "" ? "utf8" : String(encoding).toLowerCase();
    if (!Buffer.isEncoding(name)) throw withCode(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
    this.encoding = ENCODINGS[name] ?? name;
    this.#reset();
  }
  #reset() {
    this.#bytes = Buffer.alloc(0);
    this.#decoder = this.encoding === "utf8" ? new TextDecoder("utf-8", { ignoreBOM: true }) : undefined;
  }
  write(chunk) {
    if (typeof chunk === "string") return chunk;
    if (!ArrayBuffer.isView(chunk)) throw invalidType("buf", ["Buffer", "TypedArray", "DataView"], chunk);
    if (this.#decoder) return this.#decoder.decode(chunk, { stream: true });
    const bytes = Buffer.concat([this.#bytes, new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)]);
    const waits = ["base64", "base64url", "utf16le"].includes(this.encoding) ? rest(this.encoding, bytes) : 0;
    this.#bytes = bytes.subarray(bytes.length - waits);
    return bytes.toString(this.encoding, 0, bytes.length - waits);
  }
  end(chunk) {
    let text = chunk === undefined ? "" : this.write(chunk);
    text += this.#decoder ? this.#decoder.decode() : this.#bytes.toString(this.encoding);
    this.#reset();
    return text;
  }
  text(chunk, offset) {
    this.#reset();
    return this.write(chunk.subarray(offset));
  }
}

module.exports = { StringDecoder };
