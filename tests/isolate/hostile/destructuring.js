// cpu: destructuring of an iterator whose return never returns
export default function attack() {
  const iterable = { [Symbol.iterator]: () => ({ next: () => ({ value: 1 }), return() { for (;;); } }) };
  const [x] = iterable;
  return x;
}
