// What keys must not be used for.
//> GET /
export default {
  async fetch() {
    const raw = new Uint8Array(16);
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
    const name = (promise) =>
      promise.then(
        () => "done",
        (error) => error.name,
      );
    return Response.json([
      await name(crypto.subtle.verify("HMAC", key, raw, raw)),
      await name(crypto.subtle.exportKey("raw", key)),
      await name(crypto.subtle.importKey("raw", raw, algorithm, false, [])),
      await name(crypto.subtle.importKey("raw", raw, algorithm, false, ["encrypt"])),
      await name(crypto.subtle.importKey("raw", raw, "none", false, ["sign"])),
      await name(crypto.subtle.importKey("raw", "text", algorithm, false, ["sign"])),
    ]);
  },
};
