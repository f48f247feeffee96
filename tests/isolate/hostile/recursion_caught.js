// cpu: recursion that is caught at its end and begun anew
export default function attack() {
  for (;;) {
    try {
      (function again() { again(); })();
    } catch {
      continue;
    }
  }
}
