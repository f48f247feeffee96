// cpu: Array.prototype.concat of an array-like of the greatest length
export default function attack() {
  return [].concat({ length: Number.MAX_SAFE_INTEGER, [Symbol.isConcatSpreadable]: true });
}
