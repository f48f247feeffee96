// cpu: Array.prototype.sort on an array-like of the greatest length
export default function attack() {
  return Array.prototype.sort.call({ length: Number.MAX_SAFE_INTEGER });
}
