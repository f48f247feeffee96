// memory: Array.prototype.fill on an array-like of the greatest length
export default function attack() {
  return Array.prototype.fill.call({ length: Number.MAX_SAFE_INTEGER }, 1);
}
