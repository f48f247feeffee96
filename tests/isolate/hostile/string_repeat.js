// memory: repeat up to the greatest length of a string
export default function attack() {
  return "ab".repeat(2 ** 28);
}
