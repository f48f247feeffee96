// cpu: a BigInt read from a hundred thousand digits
export default function attack() {
  return BigInt("7".repeat(150000));
}
