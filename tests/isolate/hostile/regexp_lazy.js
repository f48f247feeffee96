// cpu: RegExp backtracking: lazy quantifiers around an email address
export default function attack() {
  return /^([a-z0-9_.-]+?)+@(([a-z0-9-]+?)+\.)+$/.test("a".repeat(50) + "@" + "b.".repeat(50) + "!");
}
