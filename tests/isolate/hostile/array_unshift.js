// cpu: Array.prototype.unshift on an array-like of the greatest length
export default function attack() {
  return Array.prototype.unshift.call({ length: Number.MAX_SAFE_INTEGER - 1 }, 1);
}
