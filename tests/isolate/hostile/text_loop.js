// cpu|memory: TextEncoder and TextDecoder of long strings
export default function attack() {
  for (;;) new TextDecoder().decode(new TextEncoder().encode("\u00e4".repeat(20000)));
}
