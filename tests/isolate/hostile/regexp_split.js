// cpu: split by an empty RegExp, again and again
export default function attack() {
  for (;;) "ab".repeat(3000).split(/(?:)/u);
}
