// Encrypted with AES in every mode, and keys in keys.
//> GET /
export default {
  async fetch() {
    const { subtle } = crypto;
    const raw = new Uint8Array(32).map((_, i) => i * 3);
    const text = new TextEncoder().encode("what nobody else may read");
    const results = [];
    const modes = [
      { name: "AES-GCM", iv: raw.subarray(0, 12), additionalData: raw.subarray(0, 5), tagLength: 128 },
      { name: "AES-CBC", iv: raw.subarray(0, 16) },
      { name: "AES-CTR", counter: new Uint8Array(16).fill(255), length: 64 },
    ];
    for (const mode of modes) {
      const key = await subtle.importKey("raw", raw, mode.name, true, ["decrypt", "encrypt", "wrapKey"]);
      const sealed = new Uint8Array(await subtle.encrypt(mode, key, text));
      const opened = new TextDecoder().decode(await subtle.decrypt(mode, key, sealed));
      const wrapped = await subtle.wrapKey("raw", key, key, mode);
      const bad = await subtle.decrypt(mode, key, sealed.subarray(1)).catch((error) => error.name);
      const jwk = await subtle.exportKey("jwk", key);
      const { name, length } = key.algorithm;
      results.push([[...sealed], opened, [...new Uint8Array(wrapped)], typeof bad, jwk.alg, jwk.k, name, length]);
    }
    const wrapper = await subtle.importKey("raw", raw, "AES-KW", false, ["wrapKey", "unwrapKey"]);
    const key = await subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    const wrapped = await subtle.wrapKey("raw", key, wrapper, "AES-KW");
    const again = await subtle.unwrapKey("raw", wrapped, wrapper, "AES-KW", key.algorithm, true, ["sign"]);
    results.push([...new Uint8Array(wrapped)], (await subtle.exportKey("jwk", again)).k);
    const made = await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    results.push([made.type, made.extractable, made.usages]);
    return Response.json(results);
  },
};
