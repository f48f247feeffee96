// memory: a stream that allocates the largest buffer for its reader
export default async function attack() {
  for (;;) await new ReadableStream({ type: "bytes", autoAllocateChunkSize: Number.MAX_SAFE_INTEGER }).getReader().read();
}
