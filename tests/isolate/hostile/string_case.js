// cpu: case mapping of long strings
export default function attack() {
  for (;;) "\u0149\u03a3\ufb03".repeat(10000).toUpperCase().toLowerCase();
}
