// cpu|memory: Array.fromAsync of an endless async generator
export default function attack() {
  return Array.fromAsync((async function* () {
    for (;;) yield 1;
  })());
}
