// cpu|thrown: built-ins replaced by endless ones before the engine's own use of them
export default function attack() {
  Promise.prototype.then = Array.prototype[Symbol.iterator] = Error.prototype.toString = () => { for (;;); };
  Object.prototype.toString = Function.prototype.call = Array.prototype.join = () => { for (;;); };
  throw new Error("x");
}
