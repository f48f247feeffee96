// cpu: Array.prototype.fill on a Proxy that takes every element and keeps none
export default function attack() {
  return Array.prototype.fill.call(new Proxy({ length: 2 ** 53 - 1 }, { set: () => true }), 1);
}
