// cpu: RegExp backtracking inside look-ahead and look-behind
export default function attack() {
  return /(?<=^(?:x+x+)+)y(?=(z+)+$)/.test("x".repeat(80) + "y" + "z".repeat(60) + "!");
}
