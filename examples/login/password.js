// Password records: "pbkdf2-sha256$ITERATIONS$SALT$HASH", salt and hash in base64 (PBKDF2-HMAC-SHA256, RFC 8018).

const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

// For a user who does not exist, so that it takes as long to refuse one as to refuse a wrong password.
const NOBODY = "pbkdf2-sha256$20000$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

// Whether `password` is the one of `record`; record null is nobody's.
export async function checkPassword(password, record) {
  const [scheme, iterations, salt, hash] = (record ?? NOBODY).split("$");
  if (scheme !== "pbkdf2-sha256") throw new Error(`unknown password scheme ${scheme}`);
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(password), "PBKDF2", false, ["deriveBits"]);
  const expected = bytes(hash);
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: Number(iterations) };
  const derived = await crypto.subtle.deriveBits(parameters, key, expected.length * 8);
  return crypto.subtle.timingSafeEqual(new Uint8Array(derived), expected) && record !== null;
}
