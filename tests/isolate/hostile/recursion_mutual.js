// stack: two functions that call each other through natives
export default function attack() {
  const f = () => [1].map(g);
  const g = () => JSON.parse("[1]", f);
  return f();
}
