// thrown|memory: a BigInt shifted by more than a machine word
export default function attack() {
  return 1n << (2n ** 40n);
}
