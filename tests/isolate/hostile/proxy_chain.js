// stack|memory: a Proxy around a Proxy around a Proxy
export default function attack() {
  let proxy = {};
  for (let i = 0; i < 5000; i++) proxy = new Proxy(proxy, {});
  return proxy.x;
}
