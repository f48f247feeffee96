// memory: an array of 2^32 - 1 holes, filled
export default function attack() {
  return Array(2 ** 32 - 1).fill(0);
}
