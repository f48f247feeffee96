// cpu: Array.prototype.reverse on an array-like of the greatest length
export default function attack() {
  return Array.prototype.reverse.call({ length: Number.MAX_SAFE_INTEGER });
}
