// Tokens with WebCrypto, the key imported once.
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const header = base64url(encoder.encode('{"alg":"HS256","typ":"JWT"}'));
let imported;

function base64url(bytes) {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function bytesOf(text) {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

function key(secret) {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  return (imported ??= crypto.subtle.importKey("raw", encoder.encode(secret), hmac, false, ["sign", "verify"]));
}

export async function sign(claims, secret) {
  const iat = Math.floor(Date.now() / 1000);
  const payload = base64url(encoder.encode(JSON.stringify({ ...claims, iat, exp: iat + 3600 })));
  const signed = `${header}.${payload}`;
  const signature = await crypto.subtle.sign("HMAC", await key(secret), encoder.encode(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

export async function verify(token, secret) {
  const [head, payload, signature] = token.split(".");
  if (JSON.parse(decoder.decode(bytesOf(head))).alg !== "HS256") throw new Error("invalid algorithm");
  const signed = encoder.encode(`${head}.${payload}`);
  const isValid = await crypto.subtle.verify("HMAC", await key(secret), bytesOf(signature), signed);
  if (!isValid) throw new Error("invalid signature");
  const claims = JSON.parse(decoder.decode(bytesOf(payload)));
  if (claims.exp <= Date.now() / 1000) throw new Error("jwt expired");
  return claims;
}
