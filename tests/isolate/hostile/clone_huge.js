// cpu|memory: structuredClone of many references to one large object
export default function attack() {
  const shared = Array(1000).fill({ a: 1 });
  for (;;) structuredClone({ many: Array(1000).fill(shared), map: new Map([[shared, shared]]) });
}
