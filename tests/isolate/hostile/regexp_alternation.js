// cpu: RegExp backtracking: two alternatives that match the same
export default function attack() {
  return /^(a|a)*$/.test("a".repeat(60) + "b");
}
