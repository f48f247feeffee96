// memory: Map.groupBy of an endless iterator
export default function attack() {
  return Map.groupBy((function* () { for (;;) yield 1; })(), (x) => x);
}
