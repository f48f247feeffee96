// memory: claims that double until they are too long
import { sign } from "jsonwebtoken";
export default function attack() {
  for (let text = "x".repeat(4000); ; text += text) sign({ text: [text, text] }, "s".repeat(32), () => {});
}
