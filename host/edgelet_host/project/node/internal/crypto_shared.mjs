// What the files of node:crypto share.
import native from "./native.mjs";
import { Buffer } from "../modules/buffer.js";
import { absentAll, checkFunction, checkString, invalidType, withCode } from "./errors.js";
import { nextTick } from "./next_tick.js";

// The names of hashes here, by those of Node.js without their hyphens.
export const HASHES = { __proto__: null, md5: "MD5", sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };
export const DIGESTS = { __proto__: null, "SHA-1": 20, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };

// The names of curves in Node.js by those here, and the bytes of their numbers.
export const NODE_CURVES = { __proto__: null, "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1" };
export const SIZES = { __proto__: null, "P-256": 32, "P-384": 48, "P-521": 66 };

// A curve by any of its names.
export function curveNamed(name, argument) {
  checkString(name, argument);
  const known = Object.keys(NODE_CURVES).find((one) => NODE_CURVES[one] === name);
  const curve = name === "secp256r1" ? "P-256" : (known ?? name);
  if (!(curve in SIZES)) throw withCode(TypeError, "ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name");
  return curve;
}

// Those that keys are derived with.
export function derivationHash(digest) {
  checkString(digest, "digest");
  const name = hashNamed(digest);
  if (name === "MD5") absentAll("crypto", "md5", "derive keys with sha256 or sha512").md5();
  if (name === undefined) throw withCode(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${digest}`);
  return name;
}

export const hashNamed = (name) => HASHES[String(name).toLowerCase().replace(/^rsa-/, "").replace(/^sha-/, "sha")];

export function bytesOf(data, name, encoding) {
  if (typeof data === "string") return Buffer.from(data, encoding === "buffer" ? "utf8" : encoding);
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) return data;
  throw invalidType(name, ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"], data);
}

// A Buffer of its own with the bytes of any view, whatever it counts.
export function copyOf(data, name, encoding) {
  const given = bytesOf(data, name, encoding);
  return Buffer.from(new Uint8Array(given.buffer ?? given, given.byteOffset ?? 0, given.byteLength));
}

const PUBLIC = /-----BEGIN [A-Z0-9 ]*(?:PUBLIC KEY|CERTIFICATE)-----/;

// What everybody has is no secret: who forges a token signs it with it (RFC 8725, section 2.1). Code for Node.js takes for a
// secret what it cannot read as a public key.
export function checkSecret(bytes) {
  if (PUBLIC.test(Buffer.from(bytes).toString("latin1"))) {
    throw withCode(TypeError, "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", "a public key or certificate is no secret key");
  }
  return bytes;
}

export function output(bytes, encoding) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding === undefined || encoding === "buffer" ? buffer : buffer.toString(encoding);
}

export function fillRandom(bytes) {
  for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
}

// Calls back behind this turn with what an action gives or throws.
export function later(callback, action) {
  checkFunction(callback, "callback");
  let result;
  let failure = null;
  try {
    result = action();
  } catch (error) {
    failure = error;
  }
  nextTick(() => (failure ? callback(failure) : callback(null, result)));
}

// Of a KeyObject: gives the bytes of a secret.
export const SECRET = Symbol("secret");

// What a method of crypto.subtle gives a promise of.
export const subtle = native.subtle;
