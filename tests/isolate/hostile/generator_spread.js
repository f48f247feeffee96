// memory: an endless generator spread into an array
export default function attack() {
  return [...(function* () { for (;;) yield 1; })()];
}
