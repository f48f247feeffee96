// cpu|memory: split of a long string into its characters
export default function attack() {
  for (;;) "ab".repeat(5000).split("").reverse().join("");
}
