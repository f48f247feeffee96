// memory: the keys of an array of 2^32 - 1 holes, spread
export default function attack() {
  return [...Array(2 ** 32 - 1).keys()];
}
