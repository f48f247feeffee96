// cpu|memory: JSON.stringify of a Proxy that says it is the longest array
export default function attack() {
  return JSON.stringify(new Proxy([], { get: (target, key) => (key === "length" ? 2 ** 32 - 1 : undefined) }));
}
