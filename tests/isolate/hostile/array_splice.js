// cpu: Array.prototype.splice on an array-like of the greatest length
export default function attack() {
  return Array.prototype.splice.call({ length: Number.MAX_SAFE_INTEGER }, 0, 1);
}
