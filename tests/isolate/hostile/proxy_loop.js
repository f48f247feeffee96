// cpu: a for loop over a Proxy whose iterator never ends
export default function attack() {
  const next = () => ({ value: 1, done: false });
  for (const x of new Proxy({}, { get: () => () => ({ next }) })) if (!x) break;
}
