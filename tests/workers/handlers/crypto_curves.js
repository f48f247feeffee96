// Elliptic curves: signatures, and secrets that two agree on.
//> GET /
export default {
  async fetch() {
    const { subtle } = crypto;
    const data = new TextEncoder().encode("data");
    const results = [];
    const signing = [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", namedCurve: "P-384" }, { name: "Ed25519" }];
    for (const algorithm of signing) {
      const { privateKey, publicKey } = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const params = { name: algorithm.name, hash: "SHA-256" };
      const signature = await subtle.sign(params, privateKey, data);
      const raw = await subtle.exportKey("raw", publicKey);
      const key = await subtle.importKey("raw", raw, algorithm, true, ["verify"]);
      const jwk = await subtle.exportKey("jwk", privateKey);
      results.push([
        await subtle.verify(params, key, signature, data),
        await subtle.verify(params, key, signature, data.subarray(1)),
        signature.byteLength, raw.byteLength, jwk.kty, jwk.crv, key.algorithm.name, key.algorithm.namedCurve,
        (await subtle.exportKey("spki", publicKey)).byteLength, publicKey.usages, privateKey.usages,
      ]);
    }
    for (const algorithm of [{ name: "ECDH", namedCurve: "P-256" }, { name: "X25519" }]) {
      const one = await subtle.generateKey(algorithm, false, ["deriveBits"]);
      const other = await subtle.generateKey(algorithm, false, ["deriveBits", "deriveKey"]);
      const bits = (own, peer) => subtle.deriveBits({ name: algorithm.name, public: peer.publicKey }, own.privateKey, 256);
      const secret = new Uint8Array(await bits(one, other)).join();
      const key = await subtle.deriveKey({ name: algorithm.name, public: one.publicKey }, other.privateKey,
        { name: "AES-GCM", length: 128 }, true, ["encrypt"]);
      results.push([
        secret === new Uint8Array(await bits(other, one)).join(),
        secret.startsWith(new Uint8Array(await subtle.exportKey("raw", key)).join()),
        one.publicKey.usages, one.publicKey.extractable, one.privateKey.extractable,
      ]);
    }
    return Response.json(results);
  },
};
