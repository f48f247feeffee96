// cpu: a long BigInt divided by one half as long
export default function attack() {
  const n = (1n << 1000000n) - 1n;
  return n % ((1n << 500000n) - 3n);
}
