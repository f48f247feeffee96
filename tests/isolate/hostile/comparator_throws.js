// cpu: a comparator that throws, caught without end
export default function attack() {
  for (;;) {
    try {
      [2, 1, 3].sort(() => { throw new Error("no"); });
    } catch {
      continue;
    }
  }
}
