// cpu: RegExp backtracking: three stars in a row on a long string
export default function attack() {
  return /a*a*a*a*b/.test("a".repeat(5000));
}
