// A password's hash, and its check.
//> POST / {"body": "correct horse"}
//> POST / {"body": "wrong horse"}
const SALT = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
async function hash(password, bits) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(password), "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: SALT, iterations: 1000 }, key, bits),
  );
}
export default {
  async fetch(request) {
    const given = await hash(await request.text(), 256);
    const kept = await hash("correct horse", 256);
    return Response.json([
      crypto.subtle.timingSafeEqual(given, kept),
      [...given.slice(0, 4)],
      (await hash("x", 128)).length,
    ]);
  },
};
