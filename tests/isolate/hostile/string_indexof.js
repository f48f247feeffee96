// cpu: indexOf of a long string in a longer one
export default function attack() {
  return ("a".repeat(200000)).indexOf("a".repeat(100000) + "b");
}
