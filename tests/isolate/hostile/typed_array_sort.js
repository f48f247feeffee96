// cpu: a long typed array sorted with and without comparator
export default function attack() {
  const array = new Float64Array(20000);
  for (;;) {
    for (let i = 0; i < array.length; i++) array[i] = (i * 7919) % 20011;
    array.sort();
    array.sort((x, y) => y - x);
  }
}
