// cpu|memory: encodeURIComponent and back
export default function attack() {
  for (;;) decodeURIComponent(encodeURIComponent("\u{1f600}".repeat(5000)));
}
