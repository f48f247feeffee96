// cpu: RegExp backtracking: property classes without regard to case
export default function attack() {
  return /^(?:[\p{L}\p{N}]+\p{Ll}*)+$/iu.test("\u00e4".repeat(60) + "!");
}
