// memory: Array.from of an array-like of the greatest array length
export default function attack() {
  return Array.from({ length: 2 ** 32 - 1 });
}
