// Signing and verifying.
//> GET /
export default {
  async fetch() {
    const encoder = new TextEncoder();
    const found = [];
    for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
      const key = await crypto.subtle.importKey("raw", encoder.encode("key"), { name: "HMAC", hash }, true, [
        "sign",
        "verify",
      ]);
      const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode("message")));
      const right = await crypto.subtle.verify("HMAC", key, signature, encoder.encode("message"));
      const wrong = await crypto.subtle.verify("HMAC", key, signature.slice(1), encoder.encode("message"));
      found.push([signature.length, signature[0], right, wrong, key.type, key.extractable, key.usages, key.algorithm]);
    }
    return Response.json(found);
  },
};
