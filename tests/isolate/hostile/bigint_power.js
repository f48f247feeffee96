// cpu|memory: a BigInt power of a hundred thousand digits
export default function attack() {
  for (;;) {
    try {
      7n ** 2000000n;
    } catch {
      // A fast machine reaches where the next square is too large.
    }
  }
}
