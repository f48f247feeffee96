// Tokens with node:crypto, the key made once.
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";

const key = createSecretKey(process.env.SECRET, "utf8");
const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString("base64url");

export function hmac(text, encoding) {
  return createHmac("sha256", key).update(text).digest(encoding);
}

export function sign(claims) {
  const iat = Math.floor(Date.now() / 1000);
  const payload = Buffer.from(JSON.stringify({ ...claims, iat, exp: iat + 3600 })).toString("base64url");
  const signed = `${header}.${payload}`;
  return `${signed}.${hmac(signed, "base64url")}`;
}

export function verify(token) {
  const [head, payload, signature] = token.split(".");
  if (JSON.parse(Buffer.from(head, "base64url")).alg !== "HS256") throw new Error("invalid algorithm");
  const given = Buffer.from(signature, "base64url");
  const right = hmac(`${head}.${payload}`);
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Error("invalid signature");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  if (claims.exp <= Date.now() / 1000) throw new Error("jwt expired");
  return claims;
}
