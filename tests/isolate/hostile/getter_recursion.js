// stack: a getter that reads itself
export default function attack() {
  return { get x() { return this.x; } }.x;
}
