// cpu: a loop of catch and finally blocks that nothing leaves
export default function attack() {
  for (;;) {
    try {
      try {
        throw new Error("no");
      } finally {
        continue;
      }
    } catch {
      continue;
    } finally {
      continue;
    }
  }
}
