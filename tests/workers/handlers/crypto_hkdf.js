// Keys from a key.
//> GET /
export default {
  async fetch() {
    const key = await crypto.subtle.importKey("raw", new Uint8Array(32).fill(7), "HKDF", false, [
      "deriveBits",
      "deriveKey",
    ]);
    const params = {
      name: "HKDF",
      hash: "SHA-256",
      salt: new Uint8Array(4),
      info: new TextEncoder().encode("session"),
    };
    const bits = new Uint8Array(await crypto.subtle.deriveBits(params, key, 256));
    const hmac = await crypto.subtle.deriveKey(params, key, { name: "HMAC", hash: "SHA-256", length: 256 }, true, [
      "sign",
    ]);
    return Response.json([
      [...bits],
      [...new Uint8Array(await crypto.subtle.exportKey("raw", hmac))].join() === [...bits].join(),
    ]);
  },
};
