// memory: array buffers that are resized and kept
export default function attack() {
  const all = [];
  for (let n = 1; ; n *= 2) {
    const buffer = new ArrayBuffer(1, { maxByteLength: 2 ** 20 });
    buffer.resize(Math.min(n, 2 ** 20));
    all.push(buffer, buffer.slice(0));
  }
}
