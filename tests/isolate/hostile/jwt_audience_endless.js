// cpu: verify against a list of audiences that never ends
import { verify } from "jsonwebtoken";
export default function attack() {
  const get = (target, key) => (key === "length" ? Number.MAX_SAFE_INTEGER : "x");
  return verify("", "", { audience: new Proxy([], { get }) });
}
