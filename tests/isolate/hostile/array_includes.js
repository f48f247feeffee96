// cpu: Array.prototype.includes on an array-like of the greatest length
export default function attack() {
  return Array.prototype.includes.call({ length: Number.MAX_SAFE_INTEGER }, 1);
}
