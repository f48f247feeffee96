// cpu|memory: atob and btoa of long strings
export default function attack() {
  for (;;) atob(btoa("a".repeat(50000)));
}
