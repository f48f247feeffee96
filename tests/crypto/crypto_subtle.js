// What Web Cryptography makes of many inputs, as lines of text: the same script runs in Node and in the firmware.
// Messages of errors differ, their names do not.

const bytes = (text) => new TextEncoder().encode(text);
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const subtle = crypto.subtle;

const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const DATA = bytes("The quick brown fox jumps over the lazy dog");
const LENGTHS = [0, 1, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 1000];

function show(value) {
  if (value instanceof ArrayBuffer) {
    return hex(value);
  }
  if (value instanceof CryptoKey) {
    return `${value} ${value.type} ${value.extractable} ${JSON.stringify(sorted(value.algorithm))} ${value.usages}`;
  }
  return typeof value === "object" ? JSON.stringify(sorted(value)) : String(value);
}

function sorted(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return value;
  }
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}

async function attempt(lines, what, work) {
  try {
    lines.push(`${what}: ${show(await work())}`);
  } catch (error) {
    const type = error instanceof DOMException ? "DOMException" : "Error";
    lines.push(`${what}: ${type} ${error.name}`);
  }
}

const hmacKey = (secret, hash, usages = ["sign", "verify"], extractable = true) =>
  subtle.importKey("raw", secret, { name: "HMAC", hash }, extractable, usages);
const baseKey = (secret, name, usages = ["deriveBits", "deriveKey"]) =>
  subtle.importKey("raw", secret, name, false, usages);

async function digests(lines) {
  for (const hash of [...HASHES, "sha-256", "Sha-512", { name: "SHA-384" }, { name: "sha-1", other: 1 }]) {
    for (const length of LENGTHS) {
      const data = new Uint8Array(length).map((_, i) => i * 7);
      await attempt(lines, `digest ${JSON.stringify(hash)} ${length}`, () => subtle.digest(hash, data));
    }
  }
  const buffer = DATA.buffer;
  const views = [buffer, new DataView(buffer, 3, 9), new Uint16Array(buffer, 4, 3), new Float64Array(buffer, 8, 2),
    DATA.subarray(5, 6)];
  for (const [i, view] of views.entries()) {
    await attempt(lines, `digest view ${i}`, () => subtle.digest("SHA-256", view));
  }
  for (const hash of ["MD4", "SHA-224", "SHA256", "", "HMAC", {}, { name: "" }, undefined, null, 5, Symbol.iterator]) {
    await attempt(lines, `digest with ${String(hash)}`, () => subtle.digest(hash, DATA));
  }
  for (const data of ["text", [1, 2], {}, null, undefined, 5]) {
    await attempt(lines, `digest of ${data}`, () => subtle.digest("SHA-256", data));
  }
  await attempt(lines, "digest without data", () => subtle.digest("SHA-256"));
}

async function macs(lines) {
  for (const hash of HASHES) {
    for (const length of [1, 20, 63, 64, 65, 127, 128, 129, 200]) {
      const key = await hmacKey(new Uint8Array(length).fill(length), hash);
      const mac = await subtle.sign("HMAC", key, DATA);
      lines.push(`mac ${hash} ${length}: ${hex(mac)}`);
      lines.push(`verify: ${await subtle.verify({ name: "hmac" }, key, mac, DATA)}`);
      lines.push(`verify other: ${await subtle.verify("HMAC", key, mac, DATA.subarray(1))}`);
      const changed = new Uint8Array(mac);
      changed[changed.length - 1] ^= 1;
      lines.push(`verify changed: ${await subtle.verify("HMAC", key, changed, DATA)}`);
      lines.push(`verify cut: ${await subtle.verify("HMAC", key, mac.slice(0, -1), DATA)}`);
      lines.push(`verify longer: ${await subtle.verify("HMAC", key, new Uint8Array([...changed, 0]), DATA)}`);
      lines.push(`verify nothing: ${await subtle.verify("HMAC", key, new ArrayBuffer(0), DATA)}`);
    }
  }
}

async function keys(lines) {
  const secret = bytes("a secret of some length");
  for (const hash of HASHES) {
    const key = await hmacKey(secret, hash);
    lines.push(show(key));
    await attempt(lines, "raw", () => subtle.exportKey("raw", key));
    await attempt(lines, "jwk", () => subtle.exportKey("jwk", key));
    const jwk = await subtle.exportKey("jwk", key);
    await attempt(lines, "again", () => subtle.importKey("jwk", jwk, { name: "HMAC", hash }, true, ["verify"]));
  }
  const key = await hmacKey(secret, "SHA-256", ["sign"], false);
  const others = [await baseKey(secret, "PBKDF2", ["deriveBits"]),
    await baseKey(new Uint8Array(0), { name: "hkdf" }, ["deriveBits"])];
  for (const other of others) {
    lines.push(show(other));
  }
  await attempt(lines, "export an unknown format", () => subtle.exportKey("other", key));
  await attempt(lines, "export no key", () => subtle.exportKey("raw", {}));
  await attempt(lines, "sign with no key", () => subtle.sign("HMAC", {}, DATA));
  await attempt(lines, "sign with PBKDF2", () => subtle.sign("HMAC", others[0], DATA));
  await attempt(lines, "sign by AES", () => subtle.sign("AES-GCM", key, DATA));
  await attempt(lines, "verify with a key to sign", () => subtle.verify("HMAC", key, DATA, DATA));
  const toVerify = await hmacKey(secret, "SHA-1", ["verify"]);
  await attempt(lines, "sign with a key to verify", () => subtle.sign("HMAC", toVerify, DATA));
  await attempt(lines, "new CryptoKey", () => new CryptoKey());
}

const RAW_KEYS = [
  [new Uint8Array(0), { name: "HMAC", hash: "SHA-256" }, true, ["sign"]],
  [DATA, { name: "HMAC", hash: "SHA-256" }, true, []],
  [DATA, { name: "HMAC", hash: "SHA-256" }, true, ["encrypt"]],
  [DATA, { name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]],
  [DATA, { name: "HMAC", hash: "SHA-256" }, true, ["sign", "other"]],
  [DATA, { name: "HMAC", hash: "SHA-256" }, true, "sign"],
  [DATA, { name: "HMAC", hash: "SHA-256" }, true, new Set(["verify"])],
  [DATA, { name: "HMAC", hash: "SHA-256" }, 0, ["sign"]],
  [DATA, { name: "HMAC" }, true, ["sign"]],
  [DATA, "HMAC", true, ["sign"]],
  [DATA, { name: "HMAC", hash: "MD5" }, true, ["sign"]],
  [DATA, { name: "HMAC", hash: { name: "sha-512" } }, true, ["sign"]],
  [DATA, { name: "HMAC", hash: "SHA-256", length: DATA.length * 8 }, true, ["sign"]],
  [DATA, { name: "HMAC", hash: "SHA-256", length: DATA.length * 8 + 8 }, true, ["sign"]],
  [DATA, { name: "HMAC", hash: "SHA-256", length: DATA.length * 8 - 8 }, true, ["sign"]],
  [DATA, { name: "HMAC", hash: "SHA-256", length: -1 }, true, ["sign"]],
  [DATA, { name: "HMAC", hash: "SHA-256", length: 2 ** 32 }, true, ["sign"]],
  [DATA, { name: "HMAC", hash: "SHA-256", length: "x" }, true, ["sign"]],
  ["text", { name: "HMAC", hash: "SHA-256" }, true, ["sign"]],
  [DATA, "PBKDF2", true, ["deriveBits"]],
  [DATA, "PBKDF2", false, ["sign"]],
  [DATA, "PBKDF2", false, []],
  [DATA, "HKDF", true, ["deriveKey"]],
  [DATA, "none", false, ["sign"]],
];

const HS256 = { name: "HMAC", hash: "SHA-256" };
const JWKS = [
  { kty: "oct", k: "AQID" },
  { kty: "oct", k: "AQID", alg: "HS256", use: "sig", key_ops: ["sign", "verify"], ext: true, other: 1 },
  { kty: "oct", k: "AQID", alg: "HS512" },
  { kty: "oct", k: "AQID", use: "enc" },
  { kty: "oct", k: "AQID", key_ops: ["verify"] },
  { kty: "oct", k: "AQID", ext: false },
  { kty: "RSA", k: "AQID" },
  { kty: "oct" },
  { k: "AQID" },
  {},
  "AQID",
];

async function imports(lines) {
  for (const [i, args] of RAW_KEYS.entries()) {
    await attempt(lines, `import ${i}`, () => subtle.importKey("raw", ...args));
  }
  for (const [i, jwk] of JWKS.entries()) {
    await attempt(lines, `import jwk ${i}`, () => subtle.importKey("jwk", jwk, HS256, true, ["sign"]));
  }
  await attempt(lines, "import jwk not extractable", () => subtle.importKey("jwk", JWKS[5], HS256, false, ["sign"]));
  await attempt(lines, "import jwk for PBKDF2", () =>
    subtle.importKey("jwk", JWKS[0], "PBKDF2", false, ["deriveBits"]));
  await attempt(lines, "import a view", () =>
    subtle.importKey("raw", new DataView(DATA.buffer, 2, 4), HS256, true, ["sign"]));
  await attempt(lines, "import with too few arguments", () => subtle.importKey("raw", DATA, HS256, true));
  await attempt(lines, "import an unknown format", () => subtle.importKey("pem", DATA, HS256, true, ["sign"]));
}

async function derivations(lines) {
  const password = await baseKey(bytes("password"), "PBKDF2");
  const secret = await baseKey(bytes("secret"), "HKDF");
  const pbkdf2 = (more) => ({ name: "PBKDF2", hash: "SHA-256", salt: bytes("salt"), iterations: 3, ...more });
  const hkdf = (more) => ({ name: "HKDF", hash: "SHA-256", salt: bytes("salt"), info: bytes("info"), ...more });
  for (const hash of HASHES) {
    for (const length of [8, 128, 256, 264, 1024]) {
      await attempt(lines, `pbkdf2 ${hash} ${length}`, () => subtle.deriveBits(pbkdf2({ hash }), password, length));
      await attempt(lines, `hkdf ${hash} ${length}`, () => subtle.deriveBits(hkdf({ hash }), secret, length));
    }
    await attempt(lines, `derive ${hash}`, async () =>
      subtle.exportKey("raw", await subtle.deriveKey(hkdf({ hash }), secret, { name: "HMAC", hash }, true, ["sign"])));
  }
  await attempt(lines, "no salt", () => subtle.deriveBits(pbkdf2({ salt: new Uint8Array(0) }), password, 128));
  await attempt(lines, "no info", () => subtle.deriveBits(hkdf({ info: new ArrayBuffer(0) }), secret, 128));
  const bad = [{ iterations: 0 }, { iterations: -1 }, { iterations: 2 ** 32 }, { iterations: "x" },
    { iterations: undefined }, { salt: "text" }, { salt: undefined }, { hash: undefined }, { hash: "MD5" },
    { name: "scrypt" }];
  for (const more of bad) {
    await attempt(lines, `pbkdf2 ${JSON.stringify(more)}`, () => subtle.deriveBits(pbkdf2(more), password, 128));
  }
  for (const more of [{ info: undefined }, { info: "text" }, { salt: undefined }, { hash: "none" }]) {
    await attempt(lines, `hkdf ${JSON.stringify(more)}`, () => subtle.deriveBits(hkdf(more), secret, 128));
  }
  for (const length of [null, 0, 7, 255, "x", "16"]) {
    await attempt(lines, `pbkdf2 of length ${length}`, () => subtle.deriveBits(pbkdf2(), password, length));
    await attempt(lines, `hkdf of length ${length}`, () => subtle.deriveBits(hkdf(), secret, length));
  }
  await attempt(lines, "hkdf at most", async () => (await subtle.deriveBits(hkdf(), secret, 255 * 256)).byteLength);
  await attempt(lines, "hkdf too much", () => subtle.deriveBits(hkdf(), secret, 255 * 256 + 8));
  await attempt(lines, "hkdf of a password", () => subtle.deriveBits(hkdf(), password, 128));
  await attempt(lines, "derive by HMAC", () => subtle.deriveBits("HMAC", password, 128));
  const bits = await baseKey(bytes("x"), "PBKDF2", ["deriveBits"]);
  const key = await baseKey(bytes("x"), "PBKDF2", ["deriveKey"]);
  await attempt(lines, "bits only", () => subtle.deriveKey(pbkdf2(), bits, HS256, true, ["sign"]));
  await attempt(lines, "key only", () => subtle.deriveBits(pbkdf2(), key, 128));
  const types = [[HS256, ["sign"]], [{ ...HS256, length: 128 }, ["verify"]], [HS256, []], [HS256, ["encrypt"]],
    [{ name: "HMAC" }, ["sign"]], ["none", ["sign"]]];
  for (const [type, usages] of types) {
    await attempt(lines, `derive key ${JSON.stringify(type)} ${usages}`, () =>
      subtle.deriveKey(pbkdf2(), key, type, true, usages));
  }
}

async function random(lines) {
  for (const type of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint32Array, BigInt64Array]) {
    const array = new type(16);
    lines.push(`${type.name} ${crypto.getRandomValues(array) === array} ${array.some((value) => value != 0)}`);
  }
  const window = new Uint8Array(64);
  crypto.getRandomValues(window.subarray(16, 48));
  lines.push(String(window.subarray(0, 16).every((b) => b === 0) && window.subarray(48).every((b) => b === 0)));
  for (const value of [new Float32Array(2), new Float64Array(2), new DataView(new ArrayBuffer(4)), new ArrayBuffer(4),
    new Uint8Array(65536), new Uint8Array(65537)]) {
    await attempt(lines, `random ${Object.prototype.toString.call(value)}`, () => crypto.getRandomValues(value).length);
  }
  lines.push(String(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())));
  lines.push(`${crypto} ${subtle} ${typeof crypto.subtle.digest}`);
}

export async function run() {
  const lines = [];
  for (const part of [digests, macs, keys, imports, derivations, random]) {
    await part(lines);
  }
  return lines;
}

async function outcome(work) {
  const lines = [];
  await attempt(lines, "", work);
  return lines[0].slice(2);
}

// Where Node 20 does not follow the standard: [what, expected, result].
export async function runStandard() {
  const key = await hmacKey(DATA, "SHA-256", ["sign"], false);
  const open = await hmacKey(DATA, "SHA-256", ["verify", "sign", "sign"]);
  const base = await baseKey(DATA, "PBKDF2", ["deriveBits", "deriveKey"]);
  const refused = "DOMException InvalidAccessError";
  const params = { name: "PBKDF2", hash: "SHA-256", salt: DATA, iterations: 1 };
  return [
    ["a key's prototype", true, Object.getPrototypeOf(key) === CryptoKey.prototype],
    ["the algorithm attribute is one object", true, key.algorithm === key.algorithm],
    ["usages are a set", "sign,verify", String(open.usages)],
    ["usages are in the standard's order", "deriveKey,deriveBits", String(base.usages)],
    ["a key that is not extractable", refused, await outcome(() => subtle.exportKey("raw", key))],
    ["not as JWK either", refused, await outcome(() => subtle.exportKey("jwk", key))],
    ["a key to derive from", "DOMException NotSupportedError", await outcome(() => subtle.exportKey("raw", base))],
    ["a format of public keys", "DOMException NotSupportedError", await outcome(() => subtle.exportKey("spki", open))],
    ["no array", "Error TypeError", await outcome(() => crypto.getRandomValues([1]))],
    ["a derived key of length 0", "Error TypeError",
      await outcome(() => subtle.deriveKey(params, base, { ...HS256, length: 0 }, true, ["sign"]))],
    ...(await strictKeys()),
  ];
}

// Keys in which something is added, changed or left unsaid: [what, expected, result].
async function strictKeys() {
  const P256 = { name: "ECDSA", namedCurve: "P-256" };
  const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const bad = "DOMException DataError";
  const pair = (algorithm) => subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const taken = (format, data, algorithm, usages = ["sign"]) =>
    outcome(async () => (await subtle.importKey(format, data, algorithm, true, usages)).type);
  const ec = await pair(P256), ed = await pair({ name: "Ed25519" });
  const rsa = await pair({ ...RS256, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) });
  const point = await subtle.exportKey("jwk", ec.publicKey), x = await subtle.exportKey("jwk", ed.publicKey);
  const numbers = await subtle.exportKey("jwk", rsa.privateKey);
  // PKCS #8 of Ed25519, with what may stand behind the key.
  const pkcs8 = [...new Uint8Array(await subtle.exportKey("pkcs8", ed.privateKey))];
  const behind = (...more) => new Uint8Array([0x30, pkcs8[1] + more.length, 2, 1, 1, ...pkcs8.slice(5), ...more]);
  const own = [0x81, 33, 0, ...new Uint8Array(await subtle.exportKey("raw", ed.publicKey))];
  const cases = [
    ["ES256 for P-256", "public", await taken("jwk", { ...point, alg: "ES256" }, P256, ["verify"])],
    ["ES384 for P-256", bad, await taken("jwk", { ...point, alg: "ES384" }, P256, ["verify"])],
    ["EdDSA for Ed25519", "public", await taken("jwk", { ...x, alg: "EdDSA" }, { name: "Ed25519" }, ["verify"])],
    ["ES256 for Ed25519", bad, await taken("jwk", { ...x, alg: "ES256" }, { name: "Ed25519" }, ["verify"])],
    ["attributes behind a key", "private", await taken("pkcs8", behind(0xa0, 0), { name: "Ed25519" })],
    ["its public key", "private", await taken("pkcs8", behind(...own), { name: "Ed25519" })],
    ["another public key", bad, await taken("pkcs8", behind(...own.with(9, own[9] ^ 1)), { name: "Ed25519" })],
    ["a number behind a key", bad, await taken("pkcs8", behind(2, 1, 1), { name: "Ed25519" })],
    ["attributes that are not whole", bad, await taken("pkcs8", behind(0xa0, 0x82, 0xff, 0xff), { name: "Ed25519" })],
    ["RSA's own numbers", "private", await taken("jwk", numbers, RS256)],
    ["a type that goes on", bad, await taken("jwk", { ...numbers, kty: "RSA\0" }, RS256)],
    ["an algorithm that goes on", bad, await taken("jwk", { ...numbers, alg: "RS256\0" }, RS256)],
    ["a usage that goes on", "Error TypeError", await taken("jwk", numbers, RS256, ["sign\0"])],
    ["a format that goes on", "Error TypeError", await taken("jwk\0", numbers, RS256)],
  ];
  for (const [name, other] of [["dp", "dq"], ["dq", "dp"], ["qi", "p"]]) {
    cases.push([`another ${name}`, bad, await taken("jwk", { ...numbers, [name]: numbers[other] }, RS256)]);
  }
  const { privateKey, publicKey } = await subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  const none = await subtle.deriveBits({ name: "X25519", public: publicKey }, privateKey, 0);
  cases.push(["no bits of an agreement", 0, none.byteLength]);
  return [...cases, ["an unwrapped key's members", 0, await seenMembers()]];
}

// How often a getter that all objects inherit sees a key that is unwrapped.
async function seenMembers() {
  const cipher = { name: "AES-GCM", iv: new Uint8Array(12) };
  const key = await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt", "unwrapKey"]);
  const jwk = new TextEncoder().encode(JSON.stringify({ kty: "oct", k: "AAECAwQFBgcICQoLDA0ODw" }));
  const wrapped = await subtle.encrypt(cipher, key, jwk);
  let seen = 0;
  const get = function () {
    seen += "k" in this;
  };
  Object.defineProperty(Object.prototype, "use", { configurable: true, get });
  await subtle.unwrapKey("jwk", wrapped, key, cipher, "AES-CBC", false, ["encrypt"]);
  delete Object.prototype.use;
  return seen;
}
