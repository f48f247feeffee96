// Locks, releases and closed.
//> GET /
export default {
  async fetch() {
    const stream = new ReadableStream({ start: (controller) => controller.enqueue(1) });
    const reader = stream.getReader();
    const seen = [stream.locked];
    try {
      stream.getReader();
    } catch (error) {
      seen.push(error.name);
    }
    reader.releaseLock();
    seen.push(stream.locked);
    await reader.read().catch((error) => seen.push(error.name));
    await reader.closed.catch((error) => seen.push(error.name));
    const second = stream.getReader();
    seen.push(await second.read(), await second.cancel("why"), await second.closed);
    return Response.json(seen.map((one) => one ?? null));
  },
};
