// cpu: options that are their own prototype
import { verify } from "jsonwebtoken";
export default function attack() {
  const options = new Proxy({}, { getPrototypeOf: () => options });
  return verify("", "", options);
}
