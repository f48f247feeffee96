// cpu: Error.prepareStackTrace that never returns
export default function attack() {
  Error.prepareStackTrace = () => { for (;;); };
  return new Error("x").stack;
}
