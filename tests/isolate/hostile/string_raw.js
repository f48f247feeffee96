// cpu: String.raw of the longest template, whose parts are empty
export default function attack() {
  return String.raw({ raw: new Proxy({}, { get: (target, key) => (key === "length" ? 2 ** 53 - 1 : "") }) });
}
