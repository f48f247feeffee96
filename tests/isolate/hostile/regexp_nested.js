// cpu: RegExp backtracking: a quantifier in a quantifier
export default function attack() {
  return /^(a+)+$/.test("a".repeat(60) + "b");
}
