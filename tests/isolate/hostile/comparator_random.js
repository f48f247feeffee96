// cpu: a comparator that contradicts itself, and changes the array
export default function attack() {
  for (;;) {
    const array = Array.from({ length: 500 }, (_, i) => i);
    array.sort((x, y) => {
      array.length = 10;
      return (x ^ y) & 1 ? 1 : -1;
    });
  }
}
