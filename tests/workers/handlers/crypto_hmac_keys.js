// Keys in and out.
//> GET /
export default {
  async fetch() {
    const key = await crypto.subtle.importKey(
      "raw",
      new Uint8Array([1, 2, 255]),
      { name: "HMAC", hash: { name: "SHA-512" } },
      true,
      ["verify"],
    );
    const raw = await crypto.subtle.exportKey("raw", key);
    return Response.json([key.type, key.algorithm, key.usages, raw instanceof ArrayBuffer, [...new Uint8Array(raw)]]);
  },
};
