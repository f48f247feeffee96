// cpu: a BigInt of three hundred thousand digits as text
export default function attack() {
  return ((1n << 1000000n) - 1n).toString().length;
}
