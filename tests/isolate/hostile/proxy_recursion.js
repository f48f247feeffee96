// stack: a Proxy that is its own handler's target's prototype
export default function attack() {
  const proxy = new Proxy({}, { get: (target, key, receiver) => receiver[key] });
  return proxy.x;
}
