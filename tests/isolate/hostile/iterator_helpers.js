// cpu: an endless iterator from which nothing passes a filter
export default function attack() {
  const numbers = { next: () => ({ value: 1, done: false }), __proto__: Iterator.prototype };
  return numbers.map((x) => x + 1).filter((x) => x < 0).next();
}
