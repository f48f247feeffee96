// cpu: Array.prototype.lastIndexOf on an array-like of the greatest length
export default function attack() {
  return Array.prototype.lastIndexOf.call({ length: Number.MAX_SAFE_INTEGER }, 1);
}
