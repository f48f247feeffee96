// Whatever becomes of the global classes, crypto works.
//> GET /?delete
//> GET /?null
//> GET /?object
//> GET /?class
export default {
  async fetch(request) {
    const way = new URL(request.url).search.slice(1);
    const others = { null: null, object: {}, class: class {} };
    if (way === "delete") {
      delete globalThis.SubtleCrypto;
      delete globalThis.Crypto;
    } else {
      globalThis.SubtleCrypto = globalThis.Crypto = others[way];
    }
    const digest = await crypto.subtle.digest("SHA-1", new Uint8Array(1));
    return Response.json([digest.byteLength, typeof crypto.randomUUID()]);
  },
};
