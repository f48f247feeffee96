// cpu: for of over an endless generator
export default function attack() {
  for (const x of (function* () { for (;;) yield 1; })()) if (!x) break;
}
