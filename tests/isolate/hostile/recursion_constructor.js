// stack: a class whose field makes another of it
export default function attack() {
  class Nested {
    inner = new Nested();
  }
  return new Nested();
}
