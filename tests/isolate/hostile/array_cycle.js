// stack: an array that holds itself, flattened to any depth
export default function attack() {
  const array = [];
  array.push(array, array);
  return array.flat(Infinity);
}
