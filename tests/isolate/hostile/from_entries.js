// cpu|memory: Object.fromEntries of an endless iterator with one key
export default function attack() {
  return Object.fromEntries((function* () { for (;;) yield ["a", 1]; })());
}
