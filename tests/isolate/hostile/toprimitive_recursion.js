// stack: a Symbol.toPrimitive that compares itself
export default function attack() {
  return { [Symbol.toPrimitive]() { return this < 1; } } < 1;
}
