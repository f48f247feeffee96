// cpu: Array.prototype.reduceRight and find, which call nothing on an array-like with holes
export default function attack() {
  return Array.prototype.reduceRight.call({ length: Number.MAX_SAFE_INTEGER }, (x) => x, 0);
}
