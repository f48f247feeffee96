// cpu: a claim whose toJSON never returns
import { sign } from "jsonwebtoken";
export default function attack() {
  return sign({ a: { toJSON() { for (;;); } } }, "s".repeat(32));
}
