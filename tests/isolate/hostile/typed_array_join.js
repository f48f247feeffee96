// cpu|memory: a long typed array as text
export default function attack() {
  for (;;) new Float64Array(5000).fill(Math.PI).join();
}
