// cpu|memory: URLSearchParams with many entries, deleted and sorted
export default function attack() {
  const params = new URLSearchParams("b=1&a=2&".repeat(2000));
  for (;;) {
    params.append("c" + params.size, "x");
    params.sort();
  }
}
