// cpu: Array.prototype.shift on an array-like of the greatest length
export default function attack() {
  return Array.prototype.shift.call({ length: Number.MAX_SAFE_INTEGER });
}
