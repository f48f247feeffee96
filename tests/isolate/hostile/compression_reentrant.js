// cpu|memory: scripts that run while a chunk is given on, detach it and cancel the stream
export default async function attack() {
  for (let i = 0; ; i++) {
    const buffer = new ArrayBuffer(5000, { maxByteLength: 90000 });
    const { readable, writable } = new CompressionStream("deflate-raw");
    const reader = readable.getReader();
    const done = reader.read();
    Object.defineProperty(Object.prototype, "then", { configurable: true, get() {
      delete Object.prototype.then;
      if (i % 3 === 0) buffer.transfer();
      else if (i % 3 === 1) buffer.resize(1);
      else reader.cancel().catch(() => {});
    } });
    const writer = writable.getWriter();
    const chunk = new Uint8Array(buffer);
    for (let j = 0; j < chunk.length; j++) chunk[j] = (j * j * i) >> 3;
    await Promise.allSettled([writer.write(chunk), writer.write(new Uint8Array(9)), writer.close(), done]);
    delete Object.prototype.then;
  }
}
