// stack: an instanceof that asks itself
export default function attack() {
  const type = { [Symbol.hasInstance]: (value) => value instanceof type };
  return {} instanceof type;
}
