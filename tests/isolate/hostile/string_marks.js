// cpu: normalize of a long run of combining marks, which are sorted
export default function attack() {
  return "\u0327\u0301".repeat(15000).normalize("NFD").length;
}
