// cpu|memory: tokens that are signed and verified with public keys, and keys whose members are code
import { sign, verify } from "jsonwebtoken";
export default async function attack() {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const jwk = await crypto.subtle.exportKey("jwk", publicKey);
  for (;;) {
    const token = sign({ sub: "ada", get a() { return "x".repeat(1000); } }, privateKey, { algorithm: "ES256" });
    verify(token, publicKey);
    verify(token, jwk);
    verify(token, { ...jwk, get x() { return token.repeat(10); } }, () => {});
    verify(token, (header, found) => found(null, jwk), () => {});
    verify(token, (header, found) => { for (;;) found({ get message() { return token.repeat(9); } }); }, () => {});
  }
}
