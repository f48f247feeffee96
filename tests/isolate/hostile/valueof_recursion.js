// stack: a valueOf that adds itself
export default function attack() {
  return 1 + { valueOf() { return this + 1; } };
}
