// cpu: Array.prototype.flat on an array-like of the greatest length
export default function attack() {
  return Array.prototype.flat.call({ length: Number.MAX_SAFE_INTEGER });
}
