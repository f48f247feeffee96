// stack|memory: a generator that delegates to itself
export default function attack() {
  const generator = function* () {
    yield* generator();
  };
  return generator().next();
}
