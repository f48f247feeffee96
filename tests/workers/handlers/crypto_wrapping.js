// Keys that are wrapped: each format, by each mode of AES.
//> GET /
export default {
  async fetch() {
    const { subtle } = crypto;
    const bytes = (length) => Uint8Array.from({ length }, (_, i) => i);
    const usages = ["wrapKey", "unwrapKey"];
    const aes = (name) => subtle.importKey("raw", bytes(32), name, false, usages);
    const wrappers = [
      ["AES-GCM", { iv: bytes(12), additionalData: bytes(5) }],
      ["AES-CBC", { iv: bytes(16) }],
      ["AES-CTR", { counter: bytes(16), length: 64 }],
      ["AES-KW", {}],
    ];
    const signing = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const secret = await subtle.importKey("raw", bytes(16), { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    const fixed = await subtle.importKey("raw", bytes(16), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const keys = [
      ["raw", secret, ["sign"]],
      ["jwk", secret, ["sign"]],
      ["pkcs8", signing.privateKey, ["sign"]],
      ["spki", signing.publicKey, ["verify"]],
      ["raw", fixed, ["sign"]],
    ];
    const found = [];
    for (const [name, params] of wrappers) {
      const wrapper = await aes(name);
      const algorithm = { name, ...params };
      for (const [format, key, uses] of keys) {
        try {
          const wrapped = await subtle.wrapKey(format, key, wrapper, algorithm);
          const again = await subtle.unwrapKey(format, wrapped, wrapper, algorithm, key.algorithm, true, uses);
          const [before, after] = await Promise.all([key, again].map((each) => subtle.exportKey("jwk", each)));
          const isSame = JSON.stringify(before) === JSON.stringify(after);
          const damaged = new Uint8Array(wrapped);
          damaged[9] ^= 1;
          const other = subtle.unwrapKey(format, damaged, wrapper, algorithm, key.algorithm, true, uses);
          const outcome = name === "AES-CBC" || name === "AES-CTR" ? "" : await other.then(() => "taken", (error) => error.name);
          await other.catch(() => {});
          found.push([name, format, isSame, outcome]);
        } catch (error) {
          found.push([name, format, error.name]);
        }
      }
    }
    return Response.json(found);
  },
};
