// stack|thrown|done: Error.prepareStackTrace that makes errors
export default function attack() {
  Error.prepareStackTrace = () => new Error("y").stack;
  null.x;
}
