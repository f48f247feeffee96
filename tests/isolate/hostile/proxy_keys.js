// cpu|memory|thrown: a Proxy with an endless list of keys
export default function attack() {
  return Object.keys(new Proxy({}, { ownKeys: () => ({ length: 2 ** 32 - 1 }) }));
}
