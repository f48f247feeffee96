// cpu: Array.prototype.every on an array-like of the greatest length
export default function attack() {
  return Array.prototype.every.call({ length: Number.MAX_SAFE_INTEGER }, () => true);
}
