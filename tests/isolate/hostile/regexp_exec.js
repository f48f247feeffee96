// memory: Symbol.replace with an exec that finds a match every time
export default function attack() {
  const fake = { flags: "g", global: true, lastIndex: 0, exec: () => ({ length: 1, 0: "x", index: 0 }) };
  return RegExp.prototype[Symbol.replace].call(fake, "x", "y");
}
