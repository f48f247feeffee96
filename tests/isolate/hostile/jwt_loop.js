// cpu: tokens that are signed, verified and refused in an endless loop
import { sign, verify } from "jsonwebtoken";
const secret = "s".repeat(64);
export default function attack() {
  for (;;) {
    const token = sign({ sub: "ada", list: [1, "é", { a: null }] }, secret, { algorithm: "HS512", expiresIn: "1h" });
    verify(token, secret, { algorithms: ["HS512"], complete: true });
    verify(`${token}x`, secret, () => {});
    verify(token, secret, { audience: [/^a/, "b"] }, () => {});
  }
}
