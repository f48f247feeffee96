// cpu|memory|thrown: RegExps that are long once compiled, in an endless loop
export default function attack() {
  for (let i = 0; ; i++) new RegExp("(?:[a-z\\u{100}-\\u{10ffff}]|\\p{L})".repeat(100) + i, "iu");
}
