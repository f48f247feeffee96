// KeyObject, signatures, ciphers and key pairs of node:crypto, by what crypto.subtle's methods do.
import { Buffer } from "../modules/buffer.js";
import { malformed, readDer, readPem, signatureFromDer, signatureToDer, writeDer, writePem } from "./crypto_der.mjs";
import {
  bytesOf, checkSecret, copyOf, curveNamed, DIGESTS, fillRandom, hashNamed, later, NODE_CURVES, output, SECRET, SIZES, subtle,
} from "./crypto_shared.mjs";
import { checkFunction, checkInteger, checkString, invalidType, invalidValue, withCode } from "./errors.js";
import transform from "./transform.js";

export const constants = {
  RSA_PKCS1_PADDING: 1,
  RSA_PKCS1_OAEP_PADDING: 4,
  RSA_PKCS1_PSS_PADDING: 6,
  RSA_PSS_SALTLEN_DIGEST: -1,
  RSA_PSS_SALTLEN_MAX_SIGN: -2,
  RSA_PSS_SALTLEN_AUTO: -2,
};

// What crypto.subtle refuses, as an error of Node.js.
function tried(code, text, action) {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw withCode(Error, code, error.message === "" ? text : `${text}: ${error.message}`);
  }
}

// ---- keys ----

const OURS = Symbol("made here");
// In which a key of that type goes to crypto.subtle and comes from it.
const FORM = { secret: "raw", public: "spki", private: "pkcs8" };

// What a key of this kind is to crypto.subtle where nothing else is said.
const plain = ({ kind, curve }) =>
  ({
    __proto__: null,
    rsa: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    ec: { name: "ECDSA", namedCurve: curve },
    ed25519: { name: "Ed25519" },
    x25519: { name: "X25519" },
  })[kind];

function usagesOf(name, type) {
  const isPrivate = type === "private";
  if (name === "ECDH" || name === "X25519") return isPrivate ? ["deriveBits"] : [];
  if (name === "RSA-OAEP") return [isPrivate ? "decrypt" : "encrypt"];
  return [isPrivate ? "sign" : "verify"];
}

export class KeyObject {
  #about; // type; data: the secret, pkcs8 or spki; kind and curve of others
  #imported = {};

  constructor(mark, about) {
    if (mark !== OURS) throw invalidType("handle", "object", about);
    this.#about = about;
    if (about.type === "secret") return;
    // Whether it can be used is known from here on; and equal keys have the same bytes.
    const imported = this.imported(OURS, plain(about));
    this.#about = { ...about, data: Buffer.from(subtle("exportKey", FORM[about.type], imported)) };
  }

  static from(key) {
    if (!(key instanceof CryptoKey)) throw invalidType("key", "CryptoKey", key);
    const form = FORM[key.type];
    const data = tried("ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", "the key", () => Buffer.from(subtle("exportKey", form, key)));
    return key.type === "secret" ? new KeyObject(OURS, { type: "secret", data }) : new KeyObject(OURS, readDer(form, data));
  }

  get type() {
    return this.#about.type;
  }

  get asymmetricKeyType() {
    return this.#about.kind;
  }

  get asymmetricKeyDetails() {
    const { type, kind, curve } = this.#about;
    if (type === "secret") return undefined;
    if (kind === "ec") return { namedCurve: NODE_CURVES[curve] };
    if (kind !== "rsa") return {};
    const { algorithm } = this.imported(OURS, plain(this.#about));
    const exponent = [...algorithm.publicExponent].reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    return { modulusLength: algorithm.modulusLength, publicExponent: exponent };
  }

  get symmetricKeySize() {
    return this.type === "secret" ? this.#about.data.length : undefined;
  }

  [SECRET]() {
    if (this.type !== "secret") throw withType("secret", this.type);
    return this.#about.data;
  }

  // For this file: what there is to know, and the CryptoKey for an algorithm.
  about(mark) {
    return mark === OURS ? this.#about : undefined;
  }

  imported(mark, algorithm) {
    if (mark !== OURS) return undefined;
    const { type, data } = this.#about;
    const form = FORM[type];
    const usages = usagesOf(algorithm.name, type);
    return (this.#imported[JSON.stringify(algorithm)] ??= tried("ERR_OSSL_UNSUPPORTED", "the key cannot be used", () =>
      subtle("importKey", form, data, algorithm, true, usages),
    ));
  }

  export(options = {}) {
    if (options === null || typeof options !== "object") throw invalidType("options", "Object", options);
    const { format = this.type === "secret" ? "buffer" : undefined, type } = options;
    if (options.cipher != null || options.passphrase !== undefined) throw malformed("it is not written encrypted here");
    if (this.type === "secret") {
      if (format === "buffer") return Buffer.from(this.#about.data);
      if (format === "jwk") return { kty: "oct", k: this.#about.data.toString("base64url") };
      throw invalidValue("options.format", format, "must be one of: undefined, 'buffer', 'jwk'");
    }
    if (format === "jwk") {
      const { key_ops, ext, alg, ...members } = subtle("exportKey", "jwk", this.imported(OURS, plain(this.#about)));
      return members;
    }
    const kinds = this.type === "public" ? ["spki", "pkcs1"] : ["pkcs8", "pkcs1", "sec1"];
    const isFit = { pkcs1: this.#about.kind === "rsa", sec1: this.#about.kind === "ec" }[type] ?? true;
    if (!kinds.includes(type) || !isFit) throw invalidValue("options.type", type);
    if (format === "der") return Buffer.from(writeDer(type, this.#about));
    if (format === "pem") return writePem(type, this.#about);
    throw invalidValue("options.format", format);
  }

  equals(other) {
    if (!(other instanceof KeyObject)) throw invalidType("otherKeyObject", "KeyObject", other);
    const [a, b] = [this.#about, other.about(OURS)];
    return a.type === b.type && a.data.length === b.data.length && crypto.subtle.timingSafeEqual(a.data, b.data);
  }

  toCryptoKey(algorithm, extractable, usages) {
    const { type, data } = this.#about;
    return subtle("importKey", FORM[type], data, algorithm, extractable, usages);
  }

  get [Symbol.toStringTag]() {
    return "KeyObject";
  }
}

const withType = (expected, type) =>
  withCode(TypeError, "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${type}, expected ${expected}.`);

export function createSecretKey(key, encoding) {
  if (typeof key !== "string" && !isBytes(key)) throw invalidType("key", ["ArrayBuffer", "Buffer", "TypedArray", "DataView"], key);
  return new KeyObject(OURS, { type: "secret", data: checkSecret(copyOf(key, "key", encoding)) });
}

const isBytes = (value) => ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

function fromJwk(jwk) {
  const { kty, crv, d } = jwk;
  const type = d === undefined ? "public" : "private";
  const kinds = { __proto__: null, RSA: "rsa", EC: "ec", OKP: { __proto__: null, Ed25519: "ed25519", X25519: "x25519" }[crv] };
  const about = { kind: kinds[kty], curve: kty === "EC" ? crv : undefined };
  const algorithm = plain(about);
  if (!algorithm) throw withCode(TypeError, "ERR_CRYPTO_INVALID_JWK", "Invalid JWK data");
  const { key_ops, use, alg, ext, ...members } = jwk;
  return tried("ERR_CRYPTO_INVALID_JWK", "Invalid JWK data", () => {
    const key = subtle("importKey", "jwk", members, algorithm, true, usagesOf(algorithm.name, type));
    return { type, data: Buffer.from(subtle("exportKey", FORM[type], key)), ...about };
  });
}

const FORMS = { public: ["spki", "pkcs1"], private: ["pkcs8", "pkcs1", "sec1"] };

function fromBytes(given, options, wanted) {
  const { format = "pem", type, encoding } = options;
  if (format === "jwk") {
    if (given === null || typeof given !== "object") throw invalidType("key.key", "Object", given);
    return fromJwk(given);
  }
  if (typeof given !== "string" && !isBytes(given)) {
    throw invalidType("key", ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"], given);
  }
  const bytes = copyOf(given, "key", encoding);
  if (format === "der" && !FORMS[wanted].includes(type)) throw invalidValue("options.type", type);
  if (format === "der") return readDer(type, bytes);
  if (format !== "pem") throw invalidValue("options.format", format);
  return readPem(bytes.toString("latin1"), wanted);
}

// A key as the functions of Node.js take it, as a KeyObject of that type.
function keyOf(given, wanted) {
  const options = given !== null && typeof given === "object" && !isBytes(given) && "key" in given ? given : { key: given };
  let key = options.key;
  if (typeof CryptoKey === "function" && key instanceof CryptoKey) key = KeyObject.from(key);
  if (!(key instanceof KeyObject)) key = new KeyObject(OURS, fromBytes(key, options, wanted));
  if (key.type === wanted) return key;
  if (wanted !== "public" || key.type !== "private") throw withType(wanted, key.type);
  const { d, p, q, dp, dq, qi, ...members } = key.export({ format: "jwk" });
  return new KeyObject(OURS, fromJwk(members));
}

export const createPrivateKey = (key) => keyOf(key, "private");

export function createPublicKey(key) {
  if (key instanceof KeyObject && key.type !== "private") throw withType("private", key.type);
  return keyOf(key, "public");
}

// A class of Node.js' own kind, which can be called without `new`.
function inheriting(name, Base, methods) {
  const made = {
    [name]: function (...args) {
      if (!(this instanceof made)) return new made(...args);
      Base.apply(this, args);
    },
  }[name];
  Object.setPrototypeOf(made.prototype, Base.prototype);
  Object.assign(made.prototype, methods);
  Object.defineProperty(made.prototype, "constructor", { value: made, configurable: true, writable: true });
  return made;
}

// ---- signatures ----

const hashOf = (name) => {
  const hash = hashNamed(name);
  if (!(hash in DIGESTS)) throw withCode(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${name}`);
  return hash;
};

// {key, algorithm, of} for a signature: the algorithm and what it is of; PSS with each of the lengths of salt that count.
function signing(hashName, key, options, isNew) {
  const { kind, curve } = key.about(OURS);
  if (kind === "ed25519" && hashName != null) throw withCode(Error, "ERR_OSSL_INVALID_DIGEST", "invalid digest");
  if (kind === "ed25519") return { key: key.imported(OURS, { name: "Ed25519" }), of: [{ name: "Ed25519" }] };
  if (kind === "x25519") throw malformed("X25519 signs nothing");
  const hash = hashOf(hashName ?? "sha256");
  if (kind === "ec") {
    return { key: key.imported(OURS, { name: "ECDSA", namedCurve: curve }), of: [{ name: "ECDSA", hash }], size: SIZES[curve] };
  }
  const padding = options.padding ?? constants.RSA_PKCS1_PADDING;
  if (padding === constants.RSA_PKCS1_PADDING) {
    return { key: key.imported(OURS, { name: "RSASSA-PKCS1-v1_5", hash }), of: [{ name: "RSASSA-PKCS1-v1_5" }] };
  }
  if (padding !== constants.RSA_PKCS1_PSS_PADDING) throw invalidValue("padding", padding);
  const most = Math.ceil((key.asymmetricKeyDetails.modulusLength - 1) / 8) - DIGESTS[hash] - 2;
  const given = options.saltLength ?? constants.RSA_PSS_SALTLEN_AUTO;
  checkInteger(given, "options.saltLength", constants.RSA_PSS_SALTLEN_AUTO, 2 ** 31 - 1);
  const salts = given >= 0 ? [given] : given === constants.RSA_PSS_SALTLEN_DIGEST ? [DIGESTS[hash]] : [most];
  if (!isNew && given === constants.RSA_PSS_SALTLEN_AUTO) salts.unshift(DIGESTS[hash]);
  const imported = key.imported(OURS, { name: "RSA-PSS", hash });
  return { key: imported, of: salts.map((saltLength) => ({ name: "RSA-PSS", saltLength })) };
}

function optionsOf(key) {
  const options = key !== null && typeof key === "object" && !(key instanceof KeyObject) && !isBytes(key) ? key : {};
  const { dsaEncoding = "der" } = options;
  if (dsaEncoding !== "der" && dsaEncoding !== "ieee-p1363") throw invalidValue("dsaEncoding", dsaEncoding);
  return { ...options, dsaEncoding };
}

function signed(hashName, data, key) {
  const options = optionsOf(key);
  const { key: imported, of, size } = signing(hashName, keyOf(key, "private"), options, true);
  const made = tried("ERR_CRYPTO_OPERATION_FAILED", "the signature failed", () =>
    Buffer.from(subtle("sign", of[0], imported, data)),
  );
  return size && options.dsaEncoding === "der" ? signatureToDer(made) : made;
}

function verified(hashName, data, key, signature) {
  const options = optionsOf(key);
  const { key: imported, of, size } = signing(hashName, keyOf(key, "public"), options, false);
  const bytes = Buffer.from(signature.buffer ?? signature, signature.byteOffset ?? 0, signature.byteLength);
  const raw = size && options.dsaEncoding === "der" ? signatureFromDer(bytes, size) : bytes;
  return raw !== null && of.some((algorithm) => subtle("verify", algorithm, imported, raw, data));
}

export function sign(algorithm, data, key, callback) {
  if (algorithm != null) checkString(algorithm, "algorithm");
  if (callback !== undefined) return later(callback, () => signed(algorithm, bytesOf(data, "data"), key));
  return signed(algorithm, bytesOf(data, "data"), key);
}

export function verify(algorithm, data, key, signature, callback) {
  if (algorithm != null) checkString(algorithm, "algorithm");
  if (!isBytes(signature)) throw invalidType("signature", ["ArrayBuffer", "Buffer", "TypedArray", "DataView"], signature);
  if (callback !== undefined) return later(callback, () => verified(algorithm, bytesOf(data, "data"), key, signature));
  return verified(algorithm, bytesOf(data, "data"), key, signature);
}

// Sign and Verify: what is to be signed or verified, as it comes.
function Collecting(algorithm, options) {
  checkString(algorithm, "algorithm");
  hashOf(algorithm);
  this._options = options;
  // Who shows the object does not show what it has collected.
  Object.defineProperty(this, "_collected", { value: { algorithm, parts: [] } });
}
transform.inherit(Collecting);

Object.assign(Collecting.prototype, {
  update(data, encoding) {
    if (typeof data !== "string" && !ArrayBuffer.isView(data)) {
      throw invalidType("data", ["string", "Buffer", "TypedArray", "DataView"], data);
    }
    this._collected.parts.push(copyOf(data, "data", encoding));
    return this;
  },
  _transform(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  },
});

const collected = ({ _collected: { algorithm, parts } }) => [algorithm, Buffer.concat(parts)];

export const Sign = inheriting("Sign", Collecting, {
  sign(key, encoding) {
    return output(signed(...collected(this), key), encoding);
  },
});

export const Verify = inheriting("Verify", Collecting, {
  verify(key, signature, encoding) {
    return verified(...collected(this), key, bytesOf(signature, "signature", encoding));
  },
});

export const createSign = (algorithm, options) => new Sign(algorithm, options);
export const createVerify = (algorithm, options) => new Verify(algorithm, options);

// ---- encryption with RSA, and agreements ----

function oaep(given, wanted) {
  const { padding = constants.RSA_PKCS1_OAEP_PADDING, oaepHash = "sha1", oaepLabel } = optionsOf(given);
  if (padding !== constants.RSA_PKCS1_OAEP_PADDING) throw invalidValue("padding", padding, "is not safe: use OAEP");
  const key = keyOf(given, wanted);
  if (key.asymmetricKeyType !== "rsa") throw malformed("only RSA encrypts");
  const algorithm = { name: "RSA-OAEP", ...(oaepLabel && { label: oaepLabel }) };
  return [algorithm, key.imported(OURS, { name: "RSA-OAEP", hash: hashOf(oaepHash) })];
}

export function publicEncrypt(key, data) {
  const [algorithm, imported] = oaep(key, "public");
  return tried("ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_KEY_SIZE", "too much for the key", () =>
    Buffer.from(subtle("encrypt", algorithm, imported, bytesOf(data, "buffer"))),
  );
}

export function privateDecrypt(key, data) {
  const [algorithm, imported] = oaep(key, "private");
  return tried("ERR_OSSL_RSA_OAEP_DECODING_ERROR", "it cannot be decrypted", () =>
    Buffer.from(subtle("decrypt", algorithm, imported, bytesOf(data, "buffer"))),
  );
}

export function diffieHellman({ privateKey, publicKey }, callback) {
  const agree = () => {
    const keys = [keyOf(privateKey, "private"), keyOf(publicKey, "public")];
    const about = keys[0].about(OURS);
    const algorithm = about.kind === "ec" ? { name: "ECDH", namedCurve: about.curve } : { name: "X25519" };
    const [own, other] = keys.map((key) => key.imported(OURS, algorithm));
    return tried("ERR_CRYPTO_INCOMPATIBLE_KEY", "the keys do not agree", () =>
      Buffer.from(subtle("deriveBits", { name: algorithm.name, public: other }, own, null)),
    );
  };
  return callback === undefined ? agree() : later(callback, agree);
}

// ---- new keys ----

function pairOf(type, options = {}) {
  checkString(type, "type");
  const { modulusLength, publicExponent = 65537, namedCurve } = options;
  if (type === "rsa") {
    checkInteger(modulusLength, "options.modulusLength", 0, 2 ** 32 - 1);
    checkInteger(publicExponent, "options.publicExponent", 0, 2 ** 32 - 1);
    const exponent = new Uint8Array([24, 16, 8, 0].map((bits) => publicExponent >>> bits));
    return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength, publicExponent: exponent };
  }
  if (type === "ec") {
    return { name: "ECDSA", namedCurve: curveNamed(namedCurve, "options.namedCurve") };
  }
  if (type === "ed25519") return { name: "Ed25519" };
  if (type === "x25519") return { name: "X25519" };
  throw invalidValue("type", type, "must be a supported key type");
}

export function generateKeyPairSync(type, options = {}) {
  const algorithm = pairOf(type, options);
  const usages = algorithm.name === "X25519" ? ["deriveBits"] : ["sign", "verify"];
  const pair = tried("ERR_CRYPTO_OPERATION_FAILED", "no key pair", () => subtle("generateKey", algorithm, true, usages));
  const [publicKey, privateKey] = [KeyObject.from(pair.publicKey), KeyObject.from(pair.privateKey)];
  const { publicKeyEncoding, privateKeyEncoding } = options;
  return {
    publicKey: publicKeyEncoding ? publicKey.export(publicKeyEncoding) : publicKey,
    privateKey: privateKeyEncoding ? privateKey.export(privateKeyEncoding) : privateKey,
  };
}

export function generateKeyPair(type, options, callback) {
  if (typeof options === "function") [options, callback] = [undefined, options];
  checkFunction(callback, "callback");
  later(
    (error, pair) => (error ? callback(error) : callback(null, pair.publicKey, pair.privateKey)),
    () => generateKeyPairSync(type, options),
  );
}

generateKeyPair[Symbol.for("nodejs.util.promisify.custom")] = (type, options) =>
  new Promise((resolve, reject) => {
    generateKeyPair(type, options, (error, publicKey, privateKey) => (error ? reject(error) : resolve({ publicKey, privateKey })));
  });

export function generateKeySync(type, { length } = {}) {
  if (type !== "hmac" && type !== "aes") throw invalidValue("type", type, "must be a supported key type");
  checkInteger(length, "options.length", type === "aes" ? 128 : 8, type === "aes" ? 256 : 2 ** 31 - 1);
  if (type === "aes" && length % 64 !== 0) throw invalidValue("options.length", length, "must be one of: 128, 192, 256");
  const bytes = new Uint8Array(Math.floor(length / 8));
  fillRandom(bytes);
  return createSecretKey(bytes);
}

export const generateKey = (type, options, callback) => later(callback, () => generateKeySync(type, options));

// ---- ciphers ----

const BLOCK = 16;

function cipherNamed(name) {
  const found = /^(?:id-)?aes-?(128|192|256)-(gcm|cbc|ctr)$/i.exec(name);
  if (!found) return undefined;
  const mode = found[2].toLowerCase();
  return { mode, name: `aes-${found[1]}-${mode}`, keyLength: found[1] / 8 };
}

export const getCiphers = () => [128, 192, 256].flatMap((bits) => ["cbc", "ctr", "gcm"].map((mode) => `aes-${bits}-${mode}`));
export const getCurves = () => Object.values(NODE_CURVES).sort();

export function getCipherInfo(name, { keyLength, ivLength } = {}) {
  const found = cipherNamed(name);
  const length = ivLength ?? (found?.mode === "gcm" ? 12 : BLOCK);
  if (!found || (keyLength ?? found.keyLength) !== found.keyLength || (length !== BLOCK && found.mode !== "gcm")) return undefined;
  return { ...(found.mode === "cbc" && { blockSize: BLOCK }), ivLength: length, keyLength: found.keyLength, mode: found.mode, name: found.name };
}

// Cipheriv and Decipheriv give everything at their end: what comes meanwhile is collected.
function Ciphering(name, key, iv, options = {}) {
  checkString(name, "cipher");
  const found = cipherNamed(name);
  if (!found) throw withCode(Error, "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
  const secret = key?.[SECRET]?.() ?? bytesOf(key, "key");
  const vector = copyOf(iv, "iv");
  if (secret.byteLength !== found.keyLength) throw withCode(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
  if (found.mode === "gcm" ? vector.length === 0 : vector.length !== BLOCK) {
    throw withCode(TypeError, "ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
  }
  const tagLength = options?.authTagLength ?? BLOCK;
  if (!Number.isInteger(tagLength) || tagLength < 12 || tagLength > BLOCK) {
    throw withCode(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${tagLength}`);
  }
  this._options = options;
  // Who shows the object does not show what it has collected.
  const value = { mode: found.mode, iv: vector, parts: [], aad: [], tagLength, pads: true };
  Object.defineProperty(this, "_cipher", { value });
  this._cipher.key = subtle("importKey", "raw", secret, { name: `AES-${found.mode.toUpperCase()}` }, false, ["encrypt", "decrypt"]);
}
transform.inherit(Ciphering);

const state = (code, what) => withCode(Error, code, what);

function open(cipher, operation, isAllowed = true) {
  if (cipher.done || !isAllowed) throw state("ERR_CRYPTO_INVALID_STATE", `Invalid state for operation ${operation}`);
  return cipher;
}

function aesOf({ mode, iv, aad, tagLength }) {
  if (mode === "gcm") return { name: "AES-GCM", iv, additionalData: Buffer.concat(aad), tagLength: tagLength * 8 };
  return mode === "cbc" ? { name: "AES-CBC", iv } : { name: "AES-CTR", counter: iv, length: 128 };
}

Object.assign(Ciphering.prototype, {
  update(data, inputEncoding, outputEncoding) {
    open(this._cipher, "update").parts.push(copyOf(data, "data", inputEncoding));
    return output(new Uint8Array(0), outputEncoding);
  },
  final(outputEncoding) {
    const cipher = this._cipher;
    if (cipher.done) throw state("ERR_CRYPTO_INVALID_STATE", "Invalid state");
    cipher.done = true;
    return output(this._work(cipher, Buffer.concat(cipher.parts)), outputEncoding);
  },
  setAutoPadding(pads = true) {
    open(this._cipher, "setAutoPadding").pads = pads;
    return this;
  },
  setAAD(data, options) {
    const { mode, parts } = this._cipher;
    const { aad } = open(this._cipher, "setAAD", mode === "gcm" && parts.length === 0);
    aad.push(copyOf(data, "buffer", options?.encoding));
    return this;
  },
  _transform(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  },
  _flush(callback) {
    try {
      this.push(this.final());
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  },
});

export const Cipheriv = inheriting("Cipheriv", Ciphering, {
  _work(cipher, data) {
    const { mode, pads, key, tagLength } = cipher;
    if (mode === "cbc" && !pads && data.length % BLOCK !== 0) throw state("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "wrong final block length");
    const made = Buffer.from(subtle("encrypt", aesOf(cipher), key, data));
    if (mode === "cbc") return pads ? made : made.subarray(0, data.length);
    if (mode === "gcm") cipher.tag = made.subarray(made.length - tagLength);
    return mode === "gcm" ? made.subarray(0, made.length - tagLength) : made;
  },
  getAuthTag() {
    if (!this._cipher.tag) throw state("ERR_CRYPTO_INVALID_STATE", "Invalid state for operation getAuthTag");
    return Buffer.from(this._cipher.tag);
  },
});

const unauthentic = () => new Error("Unsupported state or unable to authenticate data");

export const Decipheriv = inheriting("Decipheriv", Ciphering, {
  _work(cipher, data) {
    const { mode, pads, key, tag } = cipher;
    const decrypt = (bytes) => Buffer.from(subtle("decrypt", aesOf(cipher), key, bytes));
    if (mode === "gcm") {
      if (!tag) throw unauthentic();
      try {
        return decrypt(Buffer.concat([data, tag]));
      } catch {
        throw unauthentic();
      }
    }
    if (mode === "cbc" && data.length % BLOCK !== 0) throw state("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "wrong final block length");
    if (mode !== "cbc" || (data.length === 0 && !pads)) return mode === "cbc" ? data : decrypt(data);
    if (pads) return tried("ERR_OSSL_BAD_DECRYPT", "bad decrypt", () => decrypt(data));
    // Without padding: a block of it is put behind, which crypto.subtle takes away again.
    const iv = data.subarray(data.length - BLOCK);
    const padding = Buffer.from(subtle("encrypt", { name: "AES-CBC", iv }, key, new Uint8Array(0)));
    return decrypt(Buffer.concat([data, padding]));
  },
  setAuthTag(tag, encoding) {
    const bytes = copyOf(tag, "buffer", encoding);
    open(this._cipher, "setAuthTag", this._cipher.mode === "gcm" && !this._cipher.tag);
    // Node.js takes shorter ones with a warning; here they are named.
    if (bytes.length !== this._cipher.tagLength || bytes.length < 12) {
      throw withCode(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${bytes.length}`);
    }
    this._cipher.tag = bytes;
    return this;
  },
});

export const createCipheriv = (name, key, iv, options) => new Cipheriv(name, key, iv, options);
export const createDecipheriv = (name, key, iv, options) => new Decipheriv(name, key, iv, options);
