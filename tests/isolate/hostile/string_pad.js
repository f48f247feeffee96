// memory: padStart up to the greatest length of a string
export default function attack() {
  return "a".padStart(2 ** 29, "xyz");
}
