// cpu: Array.prototype.copyWithin on an array-like of the greatest length
export default function attack() {
  return Array.prototype.copyWithin.call({ length: Number.MAX_SAFE_INTEGER }, 0, 1);
}
