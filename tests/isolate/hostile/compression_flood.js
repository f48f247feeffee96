// cpu|memory: compression streams without end, each with a window
export default async function attack() {
  for (;;) {
    const stream = new CompressionStream("deflate");
    const writer = stream.writable.getWriter();
    writer.write(new Uint8Array(1000).fill(1)).catch(() => {});
    writer.close().catch(() => {});
    await stream.readable.getReader().read();
  }
}
