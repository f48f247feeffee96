// cpu: Array.prototype.indexOf on an array-like of the greatest length
export default function attack() {
  return Array.prototype.indexOf.call({ length: Number.MAX_SAFE_INTEGER }, 1);
}
