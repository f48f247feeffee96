// node:zlib, with the firmware's zlib.
"use strict";

const native = require("../internal/native.mjs").default;
const { Buffer } = require("./buffer.js");
const { Transform } = require("./stream.js");
const { absentAll, checkFunction, checkInteger, invalidType, outOfRange, withCode } = require("../internal/errors.js");
const { nextTick } = require("../internal/next_tick.js");

const constants = {
  Z_NO_FLUSH: 0,
  Z_PARTIAL_FLUSH: 1,
  Z_SYNC_FLUSH: 2,
  Z_FULL_FLUSH: 3,
  Z_FINISH: 4,
  Z_BLOCK: 5,
  Z_OK: 0,
  Z_STREAM_END: 1,
  Z_NEED_DICT: 2,
  Z_ERRNO: -1,
  Z_STREAM_ERROR: -2,
  Z_DATA_ERROR: -3,
  Z_MEM_ERROR: -4,
  Z_BUF_ERROR: -5,
  Z_VERSION_ERROR: -6,
  Z_NO_COMPRESSION: 0,
  Z_BEST_SPEED: 1,
  Z_BEST_COMPRESSION: 9,
  Z_DEFAULT_COMPRESSION: -1,
  Z_FILTERED: 1,
  Z_HUFFMAN_ONLY: 2,
  Z_RLE: 3,
  Z_FIXED: 4,
  Z_DEFAULT_STRATEGY: 0,
  Z_MIN_WINDOWBITS: 8,
  Z_MAX_WINDOWBITS: 15,
  Z_DEFAULT_WINDOWBITS: 15,
  Z_MIN_CHUNK: 64,
  Z_MAX_CHUNK: Infinity,
  Z_DEFAULT_CHUNK: 16384,
  Z_MIN_MEMLEVEL: 1,
  Z_MAX_MEMLEVEL: 9,
  Z_DEFAULT_MEMLEVEL: 8,
  Z_MIN_LEVEL: -1,
  Z_MAX_LEVEL: 9,
  Z_DEFAULT_LEVEL: -1,
};

const MOST_OUTPUT = 2 ** 31 - 1;

function bytesOf(data) {
  if (typeof data === "string") return Buffer.from(data);
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) return data;
  throw invalidType("buffer", ["string", "Buffer", "TypedArray", "DataView", "ArrayBuffer"], data);
}

function checkOptions(options = {}) {
  const { level = -1, maxOutputLength = MOST_OUTPUT, dictionary } = options;
  if (typeof level !== "number") throw invalidType("options.level", "number", level);
  if (!(level >= -1 && level <= 9)) throw outOfRange("options.level", ">= -1 and <= 9", level);
  checkInteger(maxOutputLength, "options.maxOutputLength", 1, Number.MAX_SAFE_INTEGER);
  if (dictionary !== undefined) absentAll("zlib", "dictionary", "leave the option out").dictionary();
  return { level, maxOutputLength };
}

function dataError(message) {
  const [code, errno] =
    message === "unexpected end of file" ? ["Z_BUF_ERROR", -5] : message === "Missing dictionary" ? ["Z_NEED_DICT", 2] : ["Z_DATA_ERROR", -3];
  return Object.assign(withCode(Error, code, message), { errno });
}

// A gzip or zlib header, as Unzip tells them apart.
function formatOf(bytes) {
  const view = new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, Math.min(bytes.byteLength, 2));
  return view[0] === 0x1f && view[1] === 0x8b ? "gzip" : "deflate";
}

function compress(format, data, options) {
  const { level } = checkOptions(options);
  return Buffer.from(native.compress(format, level, bytesOf(data)).buffer);
}

function decompress(format, data, options) {
  const { maxOutputLength } = checkOptions(options);
  const bytes = bytesOf(data);
  let result;
  try {
    result = native.decompress(format ?? formatOf(bytes), bytes, maxOutputLength);
  } catch (error) {
    if (!(error instanceof RangeError) || !error.message.includes("maxOutputLength")) throw error;
    const text = `Cannot create a Buffer larger than ${maxOutputLength} bytes`;
    throw withCode(RangeError, "ERR_BUFFER_TOO_LARGE", text);
  }
  if (typeof result === "string") throw dataError(result);
  return Buffer.from(result.buffer, result.byteOffset, result.byteLength);
}

// A stream that packs or unpacks what has come when its end does.
function streamOf(name, work) {
  return {
    [name]: class extends Transform {
      #chunks = [];
      #options;
      constructor(options) {
        super(options);
        checkOptions(options);
        this.#options = options;
        this.bytesWritten = 0;
      }
      _transform(chunk, encoding, callback) {
        const bytes = Buffer.from(chunk);
        this.bytesWritten += bytes.length;
        this.#chunks.push(bytes);
        callback();
      }
      _flush(callback) {
        try {
          this.push(work(Buffer.concat(this.#chunks), this.#options));
        } catch (error) {
          callback(error);
          return;
        }
        callback();
      }
      close(callback) {
        if (callback) this.once("close", callback);
        this.destroy();
      }
    },
  }[name];
}

const KINDS = [
  ["Deflate", compress, "deflate"],
  ["DeflateRaw", compress, "deflate-raw"],
  ["Gzip", compress, "gzip"],
  ["Inflate", decompress, "deflate"],
  ["InflateRaw", decompress, "deflate-raw"],
  ["Gunzip", decompress, "gzip"],
  ["Unzip", decompress, undefined],
];

const zlib = {};
for (const [name, work, format] of KINDS) {
  const method = name[0].toLowerCase() + name.slice(1);
  const sync = (data, options) => work(format, data, options);
  zlib[name] = streamOf(name, sync);
  zlib[`create${name}`] = (options) => new zlib[name](options);
  zlib[`${method}Sync`] = sync;
  zlib[method] = (data, ...args) => {
    const callback = args.pop();
    checkFunction(callback, "callback");
    const bytes = bytesOf(data);
    checkOptions(args[0]);
    nextTick(() => {
      let result;
      try {
        result = sync(bytes, args[0]);
      } catch (error) {
        callback(error);
        return;
      }
      callback(null, result);
    });
  };
}

function crc32(data, value = 0) {
  if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidType("data", ["Buffer", "TypedArray", "DataView", "string"], data);
  checkInteger(value, "value", 0, 2 ** 32 - 1);
  return native.crc32(bytesOf(data), value);
}

module.exports = {
  ...zlib,
  ...constants,
  constants,
  crc32,
  ...absentAll(
    "zlib",
    "BrotliCompress BrotliDecompress brotliCompress brotliCompressSync brotliDecompress brotliDecompressSync " +
      "createBrotliCompress createBrotliDecompress ZstdCompress ZstdDecompress createZstdCompress createZstdDecompress " +
      "zstdCompress zstdCompressSync zstdDecompress zstdDecompressSync",
    "use gzip or deflate",
  ),
};
