// memory: a typed array of a gigabyte
export default function attack() {
  return new Uint8Array(2 ** 30);
}
