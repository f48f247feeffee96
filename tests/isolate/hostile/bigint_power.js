// cpu|memory: a BigInt power of a hundred thousand digits
export default function attack() {
  return 7n ** 2000000n;
}
