// cpu: a template tag called without end
export default function attack() {
  const tag = (parts, value) => value + parts.raw.length;
  for (let n = 0; ; ) n = tag`a${n % 7}b`;
}
