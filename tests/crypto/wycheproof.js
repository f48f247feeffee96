// Does what a test of Wycheproof's describes: true where it comes to what is expected, false where not; it throws where
// something is refused.

const { subtle } = crypto;
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function cipher(params, { key, msg }, sealed) {
  const imported = await subtle.importKey("raw", bytes(key), params.name, false, ["encrypt", "decrypt"]);
  const opened = await subtle.decrypt(params, imported, bytes(sealed));
  return hex(opened) === msg && hex(await subtle.encrypt(params, imported, opened)) === sealed;
}

async function agreement({ public: peer, private: own, shared }) {
  const name = own.kty === "EC" ? "ECDH" : own.crv;
  const imported = (jwk, usages) => subtle.importKey("jwk", jwk, { name, namedCurve: jwk.crv }, false, usages);
  const publicKey = await imported(peer, []);
  return hex(await subtle.deriveBits({ name, public: publicKey }, await imported(own, ["deriveBits"]), null)) === shared;
}

async function signature(params, key, { publicKeyDer }, { sig, msg }) {
  const imported = await subtle.importKey("spki", bytes(publicKeyDer), { ...params, ...key }, false, ["verify"]);
  return subtle.verify(params, imported, bytes(sig), bytes(msg));
}

const types = {
  IndCpaTest: (group, test) => cipher({ name: "AES-CBC", iv: bytes(test.iv) }, test, test.ct),
  AeadTest: (group, test) => cipher({ name: "AES-GCM", iv: bytes(test.iv), additionalData: bytes(test.aad),
    tagLength: group.tagSize }, test, test.ct + test.tag),
  async KeywrapTest(group, { key, msg, ct }) {
    const wrapper = await subtle.importKey("raw", bytes(key), "AES-KW", false, ["wrapKey", "unwrapKey"]);
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const unwrapped = await subtle.unwrapKey("raw", bytes(ct), wrapper, "AES-KW", hmac, true, ["sign"]);
    const again = await subtle.wrapKey("raw", unwrapped, wrapper, "AES-KW");
    return hex(again) === ct && hex(await subtle.exportKey("raw", unwrapped)) === msg;
  },
  EcdhWebcryptoTest: (group, test) => agreement(test),
  XdhJwkComp: (group, test) => agreement(test),
  EcdsaP1363Verify: (group, test) =>
    signature({ name: "ECDSA", hash: group.sha }, { namedCurve: "P-384" }, group, test),
  RsassaPssVerify: (group, test) =>
    signature({ name: "RSA-PSS", saltLength: group.sLen }, { hash: group.sha }, group, test),
  RsassaPkcs1Verify: (group, test) => signature({ name: "RSASSA-PKCS1-v1_5" }, { hash: group.sha }, group, test),
  async RsaesOaepDecrypt(group, { ct, msg, label }) {
    const algorithm = { name: "RSA-OAEP", hash: group.sha };
    const key = await subtle.importKey("pkcs8", bytes(group.privateKeyPkcs8), algorithm, false, ["decrypt"]);
    return hex(await subtle.decrypt({ name: "RSA-OAEP", label: bytes(label) }, key, bytes(ct))) === msg;
  },
};

export default {
  async fetch(request) {
    const results = [];
    for (const group of await request.json()) {
      for (const test of group.tests) {
        const outcome = types[group.type](group, test);
        results.push(await outcome.catch((error) => error.name));
      }
    }
    return Response.json(results);
  },
};
