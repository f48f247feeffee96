// thrown: Function.prototype.apply with a list of 2^32 - 1 arguments
export default function attack() {
  return Math.max.apply(null, { length: 2 ** 32 - 1 });
}
