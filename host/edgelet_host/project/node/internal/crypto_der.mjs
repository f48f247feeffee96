// Keys in the forms of files: DER (ITU-T X.690), PEM (RFC 7468), and what PKCS#1 (RFC 8017), SEC 1 (RFC 5915), PKCS#8
// (RFC 5958), SubjectPublicKeyInfo and certificates (RFC 5280) hold.
import { Buffer } from "../modules/buffer.js";
import { withCode } from "./errors.js";

const [INTEGER, BIT_STRING, OCTET_STRING, OBJECT, SEQUENCE] = [2, 3, 4, 6, 0x30];
const NULL = Buffer.from([5, 0]);
const ZERO = Buffer.from([2, 1, 0]);
const RSA = "2a864886f70d010101";
const EC = "2a8648ce3d0201";
const OTHERS = { __proto__: null, "2b6570": "ed25519", "2b656e": "x25519" };
const CURVES = { __proto__: null, "2a8648ce3d030107": "P-256", "2b81040022": "P-384", "2b81040023": "P-521" };

export const malformed = (text) => withCode(Error, "ERR_OSSL_UNSUPPORTED", `the key cannot be read: ${text}`);

function der(tag, ...parts) {
  const body = Buffer.concat(parts);
  const length = [];
  for (let left = body.length; body.length > 127 && left > 0; left = Math.floor(left / 256)) length.unshift(left % 256);
  const head = body.length > 127 ? [tag, 0x80 + length.length, ...length] : [tag, body.length];
  return Buffer.concat([Buffer.from(head), body]);
}

// The elements that follow each other in these bytes: {tag, body, whole}.
function elements(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at];
    let length = bytes[at + 1];
    let start = at + 2;
    if (length >= 0x80) {
      const count = length - 0x80;
      length = bytes.subarray(start, start + count).reduce((sum, byte) => sum * 256 + byte, 0);
      start += count;
      // DER has the shortest form only.
      if (count === 0 || count > 3 || length < Math.max(128, 256 ** (count - 1))) throw malformed("it is no DER");
    }
    if (!(start + length <= bytes.length)) throw malformed("it is no DER");
    found.push({ tag, body: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) });
    at = start + length;
  }
  return found;
}

// The elements of the one with this tag; its contents where they are no elements.
function inside(element, tag, isContents) {
  if (element?.tag !== tag) throw malformed("it has another form than its label says");
  return isContents ? element.body : elements(element.body);
}

const outermost = (bytes) => inside(elements(bytes)[0], SEQUENCE);

// {kind, curve} of an AlgorithmIdentifier: rsa, ec, ed25519 or x25519.
function algorithm(element) {
  const [name, parameters] = inside(element, SEQUENCE);
  const oid = inside(name, OBJECT, true).toString("hex");
  if (oid === RSA) return { kind: "rsa" };
  if (oid === EC) {
    const curve = CURVES[inside(parameters, OBJECT, true).toString("hex")];
    if (curve) return { kind: "ec", curve };
  } else if (OTHERS[oid]) return { kind: OTHERS[oid] };
  throw malformed("it is of no kind that a device knows: RSA, P-256, P-384, P-521, Ed25519, X25519");
}

const rsaIdentifier = () => der(SEQUENCE, der(OBJECT, Buffer.from(RSA, "hex")), NULL);

// Bytes in one of these forms: {type, data, kind, curve}, of which data is pkcs8 or spki.
export function readDer(form, bytes) {
  if (form === "pkcs1" && outermost(bytes).length < 3) {
    return { type: "public", data: der(SEQUENCE, rsaIdentifier(), der(BIT_STRING, Buffer.from([0]), bytes)), kind: "rsa" };
  }
  if (form === "pkcs1") {
    return { type: "private", data: der(SEQUENCE, ZERO, rsaIdentifier(), der(OCTET_STRING, bytes)), kind: "rsa" };
  }
  if (form === "sec1") {
    const parameters = outermost(bytes).find(({ tag }) => tag === 0xa0);
    if (!parameters) throw malformed("it does not name its curve");
    const identifier = der(SEQUENCE, der(OBJECT, Buffer.from(EC, "hex")), parameters.body);
    const about = algorithm(elements(identifier)[0]);
    return { type: "private", data: der(SEQUENCE, ZERO, identifier, der(OCTET_STRING, bytes)), ...about };
  }
  const parts = outermost(bytes);
  if (form === "certificate") {
    const fields = inside(parts[0], SEQUENCE);
    return readDer("spki", fields[fields[0]?.tag === 0xa0 ? 6 : 5]?.whole ?? Buffer.alloc(0));
  }
  if (form === "spki") return { type: "public", data: bytes, ...algorithm(parts[0]) };
  return { type: "private", data: bytes, ...algorithm(parts[1]) };
}

// A private number of a curve as pkcs8, without its point.
export function pkcs8OfNumber(curve, number) {
  const oid = Object.keys(CURVES).find((one) => CURVES[one] === curve);
  const identifier = der(SEQUENCE, der(OBJECT, Buffer.from(EC, "hex")), der(OBJECT, Buffer.from(oid, "hex")));
  const key = der(SEQUENCE, der(INTEGER, Buffer.from([1])), der(OCTET_STRING, number));
  return der(SEQUENCE, ZERO, identifier, der(OCTET_STRING, key));
}

// The same key in the older form.
export function writeDer(form, { type, data, kind, curve }) {
  if (form === "pkcs8" || form === "spki") return data;
  const parts = outermost(data);
  if (form === "pkcs1" && type === "public") return inside(parts[1], BIT_STRING, true).subarray(1);
  const key = inside(parts[2], OCTET_STRING, true);
  if (form === "pkcs1" || kind !== "ec") return key;
  const oid = Object.keys(CURVES).find((one) => CURVES[one] === curve);
  const [version, number, ...more] = outermost(key);
  const point = more.filter(({ tag }) => tag === 0xa1).map(({ whole }) => whole);
  const parameters = der(0xa0, der(OBJECT, Buffer.from(oid, "hex")));
  return der(SEQUENCE, version.whole, number.whole, parameters, ...point);
}

const LABELS = {
  __proto__: null,
  "PUBLIC KEY": "spki",
  "PRIVATE KEY": "pkcs8",
  "RSA PUBLIC KEY": "pkcs1",
  "RSA PRIVATE KEY": "pkcs1",
  "EC PRIVATE KEY": "sec1",
  CERTIFICATE: "certificate",
};

// The first key in a PEM text of that type, or of the other one, as readDer gives it.
export function readPem(text, wanted) {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----/gs)];
  if (blocks.length === 0) throw malformed("it is no PEM");
  const keys = blocks.filter(([, label]) => label in LABELS);
  const isWanted = ([, label]) => label.includes("PRIVATE") === (wanted === "private");
  const [whole, label, content] = keys.find(isWanted) ?? keys[0] ?? blocks[0];
  if (/ENCRYPTED/.test(whole)) throw malformed("it is encrypted; store it as a secret, without a passphrase");
  if (!(label in LABELS)) throw malformed(`PEM of the kind ${label} is none`);
  return readDer(LABELS[label], Buffer.from(content, "base64"));
}

export function writePem(form, key) {
  const names = { pkcs1: `RSA ${key.type.toUpperCase()} KEY`, sec1: "EC PRIVATE KEY" };
  const label = names[form] ?? `${key.type.toUpperCase()} KEY`;
  const lines = writeDer(form, key).toString("base64").match(/.{1,64}/g);
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

// ECDSA's two numbers as DER has them (RFC 3279, section 2.2.3), and side by side (IEEE P1363).
export function signatureToDer(raw) {
  const numbers = [raw.subarray(0, raw.length / 2), raw.subarray(raw.length / 2)].map((half) => {
    let at = 0;
    while (at < half.length - 1 && half[at] === 0) at++;
    return der(INTEGER, Buffer.from(half[at] > 127 ? [0] : []), half.subarray(at));
  });
  return der(SEQUENCE, ...numbers);
}

// null for bytes that are no such DER.
export function signatureFromDer(bytes, size) {
  try {
    const all = elements(bytes);
    const numbers = inside(all[0], SEQUENCE).map((one) => inside(one, INTEGER, true));
    const halves = numbers.map((number) => {
      const [first, second] = number;
      if (number.length === 0 || first > 127 || (first === 0 && !(second > 127) && number.length > 1)) throw malformed("");
      return first === 0 ? number.subarray(1) : number;
    });
    const isOne = all.length === 1 && all[0].whole.length === bytes.length;
    if (!isOne || halves.length !== 2 || halves.some((half) => half.length > size)) return null;
    return Buffer.concat(halves.flatMap((half) => [Buffer.alloc(size - half.length), half]));
  } catch {
    return null;
  }
}
