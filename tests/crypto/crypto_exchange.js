// What one implementation of Web Cryptography makes, another one takes: the same script runs in Node and in the
// firmware. `make` gives random cases as JSON, a third of them damaged; `check` says what becomes of each.

const subtle = crypto.subtle;
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const below = (count) => Math.floor(Math.random() * count);
const pick = (list) => list[below(list.length)];
const bytes = (count) => crypto.getRandomValues(new Uint8Array(count));

const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };

// Algorithms of signatures: how keys are made, and the parameters of a signature.
const SIGNATURES = [
  ...HASHES.map((hash) => [{ name: "RSASSA-PKCS1-v1_5", hash, ...RSA }, () => ({ name: "RSASSA-PKCS1-v1_5" })]),
  ...HASHES.map((hash) => [{ name: "RSA-PSS", hash, ...RSA }, () => ({ name: "RSA-PSS", saltLength: below(65) })]),
  [{ name: "ECDSA", namedCurve: "P-256" }, () => ({ name: "ECDSA", hash: pick(HASHES) })],
  [{ name: "ECDSA", namedCurve: "P-384" }, () => ({ name: "ECDSA", hash: pick(HASHES) })],
  [{ name: "ECDSA", namedCurve: "P-521" }, () => ({ name: "ECDSA", hash: pick(HASHES) })],
  [{ name: "Ed25519" }, () => ({ name: "Ed25519" })],
  [{ name: "HMAC", hash: "SHA-384" }, () => ({ name: "HMAC" })],
];
const AGREEMENTS = [
  { name: "ECDH", namedCurve: "P-256" }, { name: "ECDH", namedCurve: "P-384" }, { name: "ECDH", namedCurve: "P-521" },
  { name: "X25519" },
];
const CIPHERS = {
  "AES-CBC": () => ({ name: "AES-CBC", iv: hex(bytes(16)) }),
  // Counters near their end, too, where they begin again.
  "AES-CTR": () => {
    const counter = below(2) ? bytes(16) : new Uint8Array(16).fill(255);
    return { name: "AES-CTR", counter: hex(counter), length: pick([5, 8, 31, 32, 33, 64, 127, 128]) };
  },
  "AES-GCM": () => ({ name: "AES-GCM", iv: hex(bytes(12 + below(40))), additionalData: hex(bytes(below(40))),
    tagLength: pick([96, 104, 112, 120, 128]) }),
};

// Parameters as JSON has them.
function parameters(given) {
  const result = { ...given };
  for (const name of ["iv", "counter", "additionalData", "label", "salt", "info"]) {
    if (name in result) result[name] = unhex(result[name]);
  }
  return result;
}

function damage(text, rate = 3) {
  const array = unhex(text);
  if (below(rate) || array.length === 0) return text;
  const at = below(array.length);
  const ways = [() => array.subarray(0, at), () => new Uint8Array([...array, below(256)]),
    () => new Uint8Array(array.length).fill(pick([0, 255])), () => (array[at] ^= 1 << below(8), array),
    () => (array[at] = below(256), array), () => array.subarray(at)];
  return hex(pick(ways)());
}

const FORMATS = { public: ["spki", "jwk", "raw"], private: ["pkcs8", "jwk"], secret: ["raw", "jwk"] };

async function exported(key, format) {
  const data = await subtle.exportKey(format, key);
  return { format, algorithm: { ...key.algorithm, publicExponent: undefined },
    data: format === "jwk" ? data : hex(data) };
}

async function exportedAny(key) {
  const formats = FORMATS[key.type].filter((name) => name !== "raw" || !("modulusLength" in key.algorithm));
  const result = await exported(key, pick(formats));
  if (below(6) === 0) {
    result.damaged = true;
    if (result.format !== "jwk") result.data = damage(result.data, 1);
    else result.data[pick(["x", "y", "d", "n", "e", "p", "crv", "kty"])] = pick(["AQAB", "", "P-256", "!", undefined]);
  }
  return result;
}

const imported = ({ format, data, algorithm }, usages) =>
  subtle.importKey(format, format === "jwk" ? { ...data, key_ops: undefined } : unhex(data), algorithm, true, usages);

const makers = {
  async signature({ signing: [[, params], pair] }) {
    const data = bytes(below(200));
    const given = params();
    const signature = await subtle.sign(given, pair.privateKey ?? pair, data);
    return { params: given, key: await exportedAny(pair.publicKey ?? pair), data: hex(data),
      signature: damage(hex(signature)) };
  },
  async signing({ signing: [[, params], pair] }) {
    return { params: params(), key: await exportedAny(pair.privateKey ?? pair), data: hex(bytes(below(200))),
      public: await exported(pair.publicKey ?? pair, pair.publicKey ? "spki" : "raw") };
  },
  async agreement({ agreement: [, one, other] }) {
    return { key: await exportedAny(one.privateKey), peer: await exportedAny(other.publicKey) };
  },
  async cipher() {
    const name = pick(Object.keys(CIPHERS));
    const key = await subtle.importKey("raw", bytes(pick([16, 24, 32])), name, true, ["encrypt"]);
    const params = CIPHERS[name]();
    const text = await subtle.encrypt(parameters(params), key, bytes(below(100)));
    return { params, key: await exported(key, pick(["raw", "jwk"])), text: damage(hex(text)) };
  },
  async oaep({ oaep }) {
    const params = { name: "RSA-OAEP", label: hex(bytes(below(20))) };
    const text = await subtle.encrypt(parameters(params), oaep.publicKey, bytes(below(100)));
    return { params, key: await exported(oaep.privateKey, pick(["pkcs8", "jwk"])), text: damage(hex(text)) };
  },
  async wrapping() {
    const wrapper = await subtle.importKey("raw", bytes(pick([16, 24, 32])), "AES-KW", true, ["wrapKey"]);
    const key = await subtle.importKey("raw", bytes(pick([16, 24, 32])), "AES-CBC", true, ["encrypt"]);
    return { key: await exported(wrapper, "raw"), text: damage(hex(await subtle.wrapKey("raw", key, wrapper, "AES-KW"))) };
  },
  async derivation() {
    const hash = pick(HASHES);
    const salt = hex(bytes(below(80)));
    const params = pick([{ name: "PBKDF2", hash, salt, iterations: 1 + below(9) },
      { name: "HKDF", hash, salt, info: hex(bytes(below(80))) }]);
    return { params, secret: hex(bytes(1 + below(150))), size: 1 + below(150) };
  },
};

const checkers = {
  signature: async ({ params, key, data, signature }) =>
    subtle.verify(params, await imported(key, ["verify"]), unhex(signature), unhex(data)),
  async signing({ params, key, data, public: other }) {
    const signature = await subtle.sign(params, await imported(key, ["sign"]), unhex(data));
    const right = await subtle.verify(params, await imported(other, ["verify"]), signature, unhex(data));
    // What is not random is equal everywhere.
    return ["ECDSA", "RSA-PSS"].includes(params.name) ? right : `${right} ${hex(signature)}`;
  },
  async agreement({ key, peer }) {
    const public_ = await imported(peer, []);
    return hex(await subtle.deriveBits({ name: key.algorithm.name, public: public_ }, await imported(key, ["deriveBits"]), 256));
  },
  cipher: async ({ params, key, text }) =>
    hex(await subtle.decrypt(parameters(params), await imported(key, ["decrypt"]), unhex(text))),
  oaep: async ({ params, key, text }) =>
    hex(await subtle.decrypt(parameters(params), await imported(key, ["decrypt"]), unhex(text))),
  async wrapping({ key, text }) {
    const wrapper = await imported(key, ["unwrapKey"]);
    const unwrapped = await subtle.unwrapKey("raw", unhex(text), wrapper, "AES-KW", "AES-CBC", true, ["encrypt"]);
    return hex(await subtle.exportKey("raw", unwrapped));
  },
  async derivation({ params, secret, size }) {
    const key = await subtle.importKey("raw", unhex(secret), params.name, false, ["deriveBits"]);
    return hex(await subtle.deriveBits(parameters(params), key, size * 8));
  },
};

async function pools() {
  const signatures = [], agreements = [];
  for (const entry of SIGNATURES) {
    signatures.push([entry, await subtle.generateKey(entry[0], true, ["sign", "verify"])]);
  }
  for (const algorithm of AGREEMENTS) {
    const pair = () => subtle.generateKey(algorithm, true, ["deriveBits"]);
    agreements.push([algorithm, await pair(), await pair()]);
  }
  const oaep = await subtle.generateKey({ name: "RSA-OAEP", hash: "SHA-256", ...RSA }, true, ["encrypt", "decrypt"]);
  return { signatures, agreements, oaep };
}

export async function make(count) {
  const { signatures, agreements, oaep } = await pools();
  const cases = [];
  while (cases.length < count) {
    const kind = pick(Object.keys(makers));
    try {
      const made = await makers[kind]({ signing: pick(signatures), agreement: pick(agreements), oaep });
      cases.push({ kind, ...made });
    } catch (error) {
      // A counter that is too short for its text.
      if (error.name !== "OperationError" || kind !== "cipher") throw error;
    }
  }
  return cases;
}

export async function check(cases) {
  const results = [];
  for (const one of cases) {
    try {
      results.push(String(await checkers[one.kind](one)));
    } catch (error) {
      results.push(error instanceof DOMException || error instanceof TypeError ? "refused" : `${error.stack}`);
    }
  }
  return results;
}
