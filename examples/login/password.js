// Password records: "pbkdf2-sha256$ITERATIONS$SALT$HASH", salt and hash in base64 (PBKDF2-HMAC-SHA256, RFC 8018).

const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

// Whether `password` is the one of `record`; record null is nobody's. most: the iterations that each check takes, which
// are those of the record that has most; so nobody can tell by the time whether there is a user.
export async function checkPassword(password, record, most) {
  const [scheme, count, salt, hash] = (record ?? `pbkdf2-sha256$${most}$AAAA$${"A".repeat(43)}=`).split("$");
  if (scheme !== "pbkdf2-sha256") throw new Error(`unknown password scheme ${scheme}`);
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(password), "PBKDF2", false, ["deriveBits"]);
  const derive = (iterations) =>
    crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations }, key, 256);
  const own = Number(count);
  const derived = await derive(own);
  if (most > own) await derive(most - own);
  return crypto.subtle.timingSafeEqual(new Uint8Array(derived), bytes(hash)) && record !== null;
}
