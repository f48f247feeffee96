// cpu: Array.prototype.join on an array-like of the greatest length
export default function attack() {
  return Array.prototype.join.call({ length: Number.MAX_SAFE_INTEGER }, "");
}
