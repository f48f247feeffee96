// cpu: a Map whose entry moves to its end while it is iterated
export default function attack() {
  const map = new Map([[1, 1]]);
  map.forEach((value, key) => {
    map.delete(key);
    map.set(key, value);
  });
}
