// cpu|memory|thrown: a BigInt squared without end
export default function attack() {
  for (let n = 3n; ; n *= n);
}
