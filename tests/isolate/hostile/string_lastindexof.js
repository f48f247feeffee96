// cpu: lastIndexOf of a long string in a longer one
export default function attack() {
  return ("a".repeat(200000)).lastIndexOf("a".repeat(100000) + "b");
}
