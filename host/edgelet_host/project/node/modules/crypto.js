// node:crypto: hashes and what is made of them, random numbers; keys, signatures and ciphers are in crypto_keys.mjs. What
// needs no waiting is the firmware's. An ES module, so that a bundle has what its imports name only.
import { createECDH, ECDH } from "../internal/crypto_ecdh.mjs";
import * as keys from "../internal/crypto_keys.mjs";
import { bytesOf, checkSecret, derivationHash, DIGESTS, fillRandom, HASHES, hashNamed, later, output, SECRET } from "../internal/crypto_shared.mjs";
import { absentAll, checkFunction, checkInteger, checkString, invalidType, outOfRange, withCode } from "../internal/errors.js";
import native from "../internal/native.mjs";
import { nextTick } from "../internal/next_tick.js";
import transform from "../internal/transform.js";
import { Buffer } from "./buffer.js";

const finalized = () => withCode(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");

// What Hash and Hmac are.
function Hashing(state, options) {
  this.state = state;
  this._options = options;
}
transform.inherit(Hashing);
Hashing.prototype._transform = function (chunk, encoding, callback) {
  this.state.update(bytesOf(chunk, "data", encoding));
  callback();
};
Hashing.prototype._flush = function (callback) {
  this.push(this.digest());
  callback();
};
Hashing.prototype.update = function (data, encoding) {
  if (this.ended) throw finalized();
  if (typeof data !== "string" && !ArrayBuffer.isView(data)) {
    throw invalidType("data", ["string", "Buffer", "TypedArray", "DataView"], data);
  }
  this.state.update(bytesOf(data, "data", encoding));
  return this;
};
Hashing.prototype.digest = function (encoding) {
  if (this.ended) throw finalized();
  this.ended = true;
  return output(this.state.digest(), encoding);
};

function subclass(name, make) {
  const made = {
    [name]: function (...args) {
      if (!(this instanceof made)) return new made(...args);
      return make.apply(this, args);
    },
  }[name];
  Object.setPrototypeOf(made.prototype, Hashing.prototype);
  Object.setPrototypeOf(made, Hashing);
  Object.defineProperty(made.prototype, "constructor", { value: made, configurable: true, writable: true });
  return made;
}

const Hash = subclass("Hash", function (algorithm, options) {
  checkString(algorithm, "algorithm");
  const state = hashNamed(algorithm) && native.hash(hashNamed(algorithm));
  if (!state) {
    throw withCode(Error, "ERR_OSSL_EVP_UNSUPPORTED", "Digest method not supported");
  }
  Hashing.call(this, state, options);
});
Hash.prototype.copy = function (options) {
  if (this.ended) throw finalized();
  const copy = Object.create(Hash.prototype);
  Hashing.call(copy, this.state.copy(), options);
  return copy;
};

const Hmac = subclass("Hmac", function (algorithm, key, options) {
  checkString(algorithm, "hmac");
  if (typeof key !== "string" && !ArrayBuffer.isView(key) && !(key instanceof ArrayBuffer) && !key?.[SECRET]) {
    const kinds = ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView", "KeyObject", "CryptoKey"];
    throw invalidType("key", kinds, key);
  }
  const bytes = key[SECRET]?.() ?? checkSecret(bytesOf(key, "key", options?.encoding));
  const state = hashNamed(algorithm) && native.hash(hashNamed(algorithm), bytes);
  if (!state) throw withCode(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${algorithm}`);
  Hashing.call(this, state, options);
});
Hmac.prototype.digest = function (encoding) {
  if (this.ended) return output(new Uint8Array(0), encoding);
  return Hashing.prototype.digest.call(this, encoding);
};

function hash(algorithm, data, encoding = "hex") {
  checkString(algorithm, "algorithm");
  if (typeof data !== "string" && !ArrayBuffer.isView(data)) {
    throw invalidType("input", ["string", "Buffer", "TypedArray", "DataView"], data);
  }
  return new Hash(algorithm).update(data).digest(encoding);
}

// Random numbers

function randomBytes(size, callback) {
  checkInteger(size, "size", 0, 2147483647);
  if (callback !== undefined) checkFunction(callback, "callback");
  const bytes = Buffer.alloc(size);
  fillRandom(bytes);
  if (callback === undefined) return bytes;
  nextTick(callback, null, bytes);
  return undefined;
}

function randomFillSync(given, offset = 0, size = undefined) {
  if (!ArrayBuffer.isView(given) && !(given instanceof ArrayBuffer)) {
    throw invalidType("buf", ["ArrayBuffer", "ArrayBufferView"], given);
  }
  // Both count elements.
  const scale = given.BYTES_PER_ELEMENT ?? 1;
  const most = given.byteLength / scale;
  if (typeof offset !== "number") throw invalidType("offset", "number", offset);
  if (!(offset >= 0 && offset <= most)) throw outOfRange("offset", `>= 0 && <= ${most}`, offset);
  const length = size ?? most - offset;
  if (typeof length !== "number") throw invalidType("size", "number", length);
  if (!(length >= 0)) throw outOfRange("size", ">= 0 && <= 2147483647", length);
  if (offset + length > most) throw outOfRange("size + offset", `<= ${most}`, offset + length);
  fillRandom(new Uint8Array(given.buffer ?? given, (given.byteOffset ?? 0) + offset * scale, length * scale));
  return given;
}

function randomFill(given, ...args) {
  const callback = args.pop();
  later(callback, () => randomFillSync(given, ...args));
}

const MOST_RANDOM = 2 ** 48 - 1;

function randomInt(least, most, callback) {
  if (most === undefined || typeof most === "function") return randomInt(0, least, most);
  if (!Number.isSafeInteger(least)) throw invalidType("min", "a safe integer", least);
  if (!Number.isSafeInteger(most)) throw invalidType("max", "a safe integer", most);
  if (most <= least) throw outOfRange("max", `greater than the value of "min" (${least})`, most);
  const range = most - least;
  if (range > MOST_RANDOM) throw outOfRange(least === 0 ? "max" : "max - min", `<= ${MOST_RANDOM}`, range);
  // What is beyond the last multiple would make small numbers likelier.
  const limit = MOST_RANDOM + 1 - ((MOST_RANDOM + 1) % range);
  let number;
  do number = randomBytes(6).readUIntBE(0, 6);
  while (number >= limit);
  const result = (number % range) + least;
  if (callback === undefined) return result;
  nextTick(callback, undefined, result);
  return undefined;
}

function randomUUID(options) {
  if (options !== undefined && (options === null || typeof options !== "object")) throw invalidType("options", "Object", options);
  return crypto.randomUUID();
}

function timingSafeEqual(a, b) {
  for (const [name, value] of [["buf1", a], ["buf2", b]]) {
    if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) {
      const text = `The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`;
      throw withCode(TypeError, "ERR_INVALID_ARG_TYPE", text);
    }
  }
  if (a.byteLength !== b.byteLength) {
    const text = "Input buffers must have the same byte length";
    throw withCode(RangeError, "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", text);
  }
  return crypto.subtle.timingSafeEqual(a, b);
}

// Derivations

const MOST_INT = 2 ** 31 - 1;

// The arguments as Web Cryptography has them.
function pbkdf2Params(password, salt, iterations, length, digest) {
  checkString(digest, "digest");
  const params = { key: bytesOf(password, "password"), salt: bytesOf(salt, "salt"), iterations };
  checkInteger(iterations, "iterations", 1, MOST_INT);
  checkInteger(length, "keylen", 0, MOST_INT);
  return { ...params, name: "PBKDF2", hash: derivationHash(digest) };
}

function pbkdf2Sync(password, salt, iterations, length, digest) {
  const params = pbkdf2Params(password, salt, iterations, length, digest);
  return output(native.pbkdf2(params.hash, params.key, params.salt, iterations, length));
}

// In slices, with others' turns between them.
function pbkdf2(password, salt, iterations, length, digest, callback) {
  if (typeof digest === "function") throw invalidType("digest", "string", undefined);
  checkFunction(callback, "callback");
  const params = pbkdf2Params(password, salt, iterations, length, digest);
  const derive = () => {
    // deriveBits takes 32 bits' worth of them.
    if (length >= 2 ** 29) return pbkdf2Sync(password, salt, iterations, length, digest);
    const key = native.subtle("importKey", "raw", params.key, "PBKDF2", false, ["deriveBits"]);
    return native.subtle("deriveBits", params, key, length * 8);
  };
  // What is too much at a time is told to the callback, too.
  new Promise((resolve) => resolve(derive())).then(
    (bytes) => nextTick(callback, null, Buffer.from(bytes)),
    (error) => nextTick(callback, error),
  );
}

function hkdfSync(digest, key, salt, info, length) {
  checkString(digest, "digest");
  const [secret, salted, told] = [bytesOf(key, "ikm"), bytesOf(salt, "salt"), bytesOf(info, "info")];
  checkInteger(length, "length", 0, MOST_INT);
  if (told.byteLength > 1024) throw outOfRange("info", "must not contain more than 1024 bytes", told.byteLength);
  const name = derivationHash(digest);
  if (length > 255 * DIGESTS[name]) throw withCode(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
  return native.hkdf(name, secret, salted, told, length).slice().buffer;
}

function hkdf(digest, key, salt, info, length, callback) {
  checkFunction(callback, "callback");
  const result = hkdfSync(digest, key, salt, info, length);
  nextTick(callback, null, result);
}

const SCRYPT = { cost: "N", blockSize: "r", parallelization: "p" };
const MOST_MEMORY = 32 * 1024 * 1024;

function scryptOptions(options) {
  const found = { N: 16384, r: 8, p: 1, maxmem: MOST_MEMORY };
  for (const [long, short] of Object.entries(SCRYPT)) {
    if (options?.[long] !== undefined && options[short] !== undefined) {
      throw withCode(Error, "ERR_CRYPTO_SCRYPT_INVALID_PARAMETER", "Invalid scrypt parameter");
    }
    for (const name of [short, long]) {
      if (options?.[name] === undefined) continue;
      checkInteger(options[name], name, 0, 2 ** 32 - 1);
      found[short] = options[name] || found[short];
    }
  }
  if (options?.maxmem !== undefined) {
    checkInteger(options.maxmem, "maxmem", 0, Number.MAX_SAFE_INTEGER);
    found.maxmem = options.maxmem || MOST_MEMORY;
  }
  return found;
}

// The key as bytes, or where it is wanted `later`, a promise of them if it takes long.
function scryptBytes(password, salt, length, options, later) {
  const key = bytesOf(password, "password");
  const salted = bytesOf(salt, "salt");
  checkInteger(length, "keylen", 0, MOST_INT);
  const { N, r, p, maxmem } = scryptOptions(options);
  // As OpenSSL counts it.
  const isTooLarge = 128 * r * (N + 2 + p) > maxmem;
  const derived = isTooLarge ? undefined : native.scrypt(key, salted, N, r, p, length, later);
  if (derived === undefined) {
    const why = isTooLarge ? ": memory limit exceeded" : "";
    throw withCode(RangeError, "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", `Invalid scrypt params${why}`);
  }
  return derived;
}

const scryptSync = (password, salt, length, options) => output(scryptBytes(password, salt, length, options, false));

// In slices, with others' turns between them.
function scrypt(password, salt, length, options, callback = options) {
  checkFunction(callback, "callback");
  const told = callback === options ? undefined : options;
  let bytes;
  try {
    bytes = scryptBytes(password, salt, length, told, true);
  } catch (error) {
    // What is too much at a time is told to the callback, and has no code.
    if (error.code) throw error;
    bytes = Promise.reject(error);
  }
  Promise.resolve(bytes).then(
    (derived) => nextTick(callback, null, output(derived)),
    (error) => nextTick(callback, error),
  );
}

const getHashes = () => Object.keys(HASHES).filter((name) => native.hash(HASHES[name]));

const createHash = (algorithm, options) => new Hash(algorithm, options);
const createHmac = (algorithm, key, options) => new Hmac(algorithm, key, options);
const getRandomValues = (array) => crypto.getRandomValues(array);
const webcrypto = crypto;
const { subtle } = crypto;

export const { DiffieHellman, DiffieHellmanGroup, createDiffieHellman, createDiffieHellmanGroup, getDiffieHellman } = /* @__PURE__ */ absentAll(
  "crypto",
  "DiffieHellman DiffieHellmanGroup createDiffieHellman createDiffieHellmanGroup getDiffieHellman",
  "use createECDH, or diffieHellman with keys of x25519",
);
export const { X509Certificate } = /* @__PURE__ */ absentAll(
  "crypto",
  "X509Certificate",
  "createPublicKey reads a certificate's key, and the npm package @peculiar/x509 the rest",
);
export const { Certificate, checkPrime, checkPrimeSync, generatePrime, generatePrimeSync, privateEncrypt, publicDecrypt } = /* @__PURE__ */ absentAll(
  "crypto",
  "Certificate checkPrime checkPrimeSync generatePrime generatePrimeSync privateEncrypt publicDecrypt",
  "use crypto.subtle, or an npm package in pure JavaScript",
);
export const { getFips, secureHeapUsed, setEngine, setFips } = /* @__PURE__ */ absentAll(
  "crypto",
  "getFips secureHeapUsed setEngine setFips",
  "there is no OpenSSL",
);
export {
  createECDH,
  createHash,
  createHmac,
  ECDH,
  getHashes,
  getRandomValues,
  Hash,
  hash,
  hkdf,
  hkdfSync,
  Hmac,
  pbkdf2,
  pbkdf2Sync,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  scrypt,
  scryptSync,
  subtle,
  timingSafeEqual,
  webcrypto,
  randomBytes as pseudoRandomBytes,
};
export {
  Cipheriv,
  Decipheriv,
  KeyObject,
  Sign,
  Verify,
  constants,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createSign,
  createVerify,
  diffieHellman,
  generateKey,
  generateKeyPair,
  generateKeyPairSync,
  generateKeySync,
  getCipherInfo,
  getCiphers,
  getCurves,
  privateDecrypt,
  publicEncrypt,
  sign,
  verify,
} from "../internal/crypto_keys.mjs";

// Left out where nobody imports it.
const all = () => ({
  ...keys,
  Certificate,
  checkPrime,
  checkPrimeSync,
  createDiffieHellman,
  createDiffieHellmanGroup,
  createECDH,
  createHash,
  createHmac,
  DiffieHellman,
  DiffieHellmanGroup,
  ECDH,
  generatePrime,
  generatePrimeSync,
  getDiffieHellman,
  getFips,
  getHashes,
  getRandomValues,
  Hash,
  hash,
  hkdf,
  hkdfSync,
  Hmac,
  pbkdf2,
  pbkdf2Sync,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  scrypt,
  scryptSync,
  secureHeapUsed,
  setEngine,
  setFips,
  subtle,
  timingSafeEqual,
  webcrypto,
  X509Certificate,
  pseudoRandomBytes: randomBytes,
});
export default /* @__PURE__ */ all();
