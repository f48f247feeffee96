// cpu|memory: replaceAll with a callback for every character of a long string
export default function attack() {
  for (;;) "a".repeat(10000).replaceAll("a", (x) => x + x);
}
