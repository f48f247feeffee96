// stack: a toString that makes text of itself
export default function attack() {
  return `${{ toString() { return `${this}`; } }}`;
}
