// cpu|memory: a Set that grows while it is iterated
export default function attack() {
  for (const set = new Set([0]), it = set.values(); ; ) set.add(it.next().value + 1);
}
