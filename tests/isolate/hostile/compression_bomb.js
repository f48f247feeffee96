// cpu|memory: what is compressed to a thousandth, and read again without end
export default async function attack() {
  const chunk = new Uint8Array(100000);
  const endless = new ReadableStream({ pull: (c) => c.enqueue(chunk) });
  const packed = endless.pipeThrough(new CompressionStream("gzip"));
  for await (const piece of packed.pipeThrough(new DecompressionStream("gzip"))) if (piece.length < 0) return;
}
