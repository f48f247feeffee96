// cpu: Array.prototype.slice whose species swallows every element
export default function attack() {
  class Swallow {
    constructor() {
      return new Proxy({}, { defineProperty: () => true });
    }
  }
  const get = (target, key) => (key === "length" ? 2 ** 53 - 1 : target[key]);
  const array = new Proxy([], { get, has: () => true });
  array.constructor = { [Symbol.species]: Swallow };
  return Array.prototype.slice.call(array);
}
