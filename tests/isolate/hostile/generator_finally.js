// cpu: a generator that goes on yielding in its finally block
export default function attack() {
  const generator = (function* () {
    try {
      yield 1;
    } finally {
      for (;;) yield 2;
    }
  })();
  for (;;) for (const x of generator) if (x) break;
}
