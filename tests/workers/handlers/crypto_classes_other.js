// The class of crypto alone.
//> GET /
export default {
  async fetch() {
    const digest = await crypto.subtle.digest("SHA-1", new Uint8Array(1));
    return Response.json([crypto instanceof Crypto, String(crypto.subtle), digest.byteLength, typeof crypto.randomUUID()]);
  },
};
