// cpu: RegExp backtracking: a backreference to what was matched many ways
export default function attack() {
  return /^(a*)(a*)(a*)(a*)\1\2\3\4b$/.test("a".repeat(400));
}
