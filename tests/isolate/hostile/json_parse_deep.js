// memory|stack: JSON.parse of a hundred thousand nested arrays
export default function attack() {
  return JSON.parse("[".repeat(100000) + "]".repeat(100000));
}
