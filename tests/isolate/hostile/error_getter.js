// cpu: a thrown error whose message and stack are endless getters
export default function attack() {
  const error = new Error("x");
  const forever = { get() { for (;;); } };
  throw Object.defineProperties(error, { message: forever, stack: forever, name: forever });
}
