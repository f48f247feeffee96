// cpu: numbers written in every base and length
export default function attack() {
  for (let x = Math.PI; ; x += 1e-9) x.toString(7) + x.toFixed(100) + x.toPrecision(100) + (x * 1e300).toString(2);
}
