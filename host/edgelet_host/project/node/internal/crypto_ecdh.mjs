// ECDH of node:crypto: a private number and its point, as bytes.
import { Buffer } from "../modules/buffer.js";
import { pkcs8OfNumber } from "./crypto_der.mjs";
import { copyOf, curveNamed, output as encoded, SIZES, subtle } from "./crypto_shared.mjs";
import { absent, withCode } from "./errors.js";

const FORMATS = { __proto__: null, uncompressed: 4, compressed: 2, hybrid: 6 };
const NONE = "ERR_CRYPTO_OPERATION_FAILED";

// Without an encoding, whichever way that is said, a Buffer.
const output = (bytes, encoding) => encoded(bytes, encoding || undefined);

const algorithmOf = (curve) => ({ name: "ECDH", namedCurve: curveNamed(curve, "curve") });

// A point's first byte says how it is written (SEC 1, section 2.3.3).
function written(point, format = "uncompressed") {
  const first = FORMATS[format];
  if (first === undefined) throw withCode(TypeError, "ERR_CRYPTO_ECDH_INVALID_FORMAT", `Invalid ECDH format: ${format}`);
  const bytes = format === "compressed" ? Buffer.from(point.subarray(0, (point.length + 1) / 2)) : Buffer.from(point);
  bytes[0] = first === 4 ? 4 : first | (point.at(-1) & 1);
  return bytes;
}

// A public key of a point's bytes.
function peerOf(bytes, algorithm) {
  const isHybrid = bytes.length % 2 === 1 && bytes[0] === (6 | (bytes.at(-1) & 1));
  const isCompressed = (bytes[0] === 2 || bytes[0] === 3) && bytes.length === 1 + SIZES[algorithm.namedCurve];
  if (isCompressed) absent("crypto", "a compressed point", "give it uncompressed")();
  const point = isHybrid ? written(bytes) : bytes;
  try {
    return subtle("importKey", "raw", point, algorithm, true, []);
  } catch {
    throw withCode(Error, "ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY", "Public key is not valid for specified curve");
  }
}

export class ECDH {
  #algorithm;
  #key; // the private CryptoKey
  #members; // its JSON Web Key

  constructor(curve) {
    this.#algorithm = algorithmOf(curve);
  }

  static convertKey(key, curve, inputEncoding, outputEncoding, format) {
    const algorithm = algorithmOf(curve);
    const peer = peerOf(copyOf(key, "key", inputEncoding), algorithm);
    return output(written(Buffer.from(subtle("exportKey", "raw", peer)), format), outputEncoding);
  }

  #take(key) {
    this.#key = key;
    this.#members = subtle("exportKey", "jwk", key);
  }

  #bytes(names, what) {
    if (!this.#members) throw withCode(Error, NONE, `Failed to get ECDH ${what} key`);
    return Buffer.concat(names.map((name) => Buffer.from(this.#members[name], "base64url")));
  }

  generateKeys(encoding, format) {
    this.#take(subtle("generateKey", this.#algorithm, true, ["deriveBits"]).privateKey);
    return this.getPublicKey(encoding, format);
  }

  computeSecret(other, inputEncoding, outputEncoding) {
    const peer = peerOf(copyOf(other, "otherPublicKey", inputEncoding), this.#algorithm);
    if (!this.#key) throw withCode(Error, NONE, "Failed to get ECDH private key");
    const secret = subtle("deriveBits", { name: "ECDH", public: peer }, this.#key, null);
    return output(new Uint8Array(secret), outputEncoding);
  }

  getPublicKey(encoding, format) {
    return output(written(Buffer.concat([Buffer.from([4]), this.#bytes(["x", "y"], "public")]), format), encoding);
  }

  getPrivateKey(encoding) {
    const number = this.#bytes(["d"], "private");
    const zeros = number.findIndex((byte) => byte !== 0);
    return output(Buffer.from(number.subarray(zeros)), encoding);
  }

  setPrivateKey(key, encoding) {
    const number = copyOf(key, "key", encoding);
    const size = SIZES[this.#algorithm.namedCurve];
    const zeros = number.length > size ? number.subarray(0, number.length - size) : [];
    try {
      if (zeros.some((byte) => byte !== 0)) throw new RangeError();
      const padded = Buffer.concat([Buffer.alloc(size), number]).subarray(-size);
      const bytes = pkcs8OfNumber(this.#algorithm.namedCurve, padded);
      this.#take(subtle("importKey", "pkcs8", bytes, this.#algorithm, true, ["deriveBits"]));
    } catch {
      throw withCode(RangeError, "ERR_CRYPTO_INVALID_KEYTYPE", "Private key is not valid for specified curve.");
    }
    return this;
  }

  setPublicKey() {
    absent("crypto", "setPublicKey of ECDH", "setPrivateKey computes the public key")();
  }
}

export const createECDH = (curve) => new ECDH(curve);
