// cpu|memory: an array of 2^32 - 1 holes, joined
export default function attack() {
  return Array(2 ** 32 - 1).join();
}
