// pipeTo, and what the sink is told.
//> GET /
export default {
  async fetch() {
    const seen = [];
    const source = new ReadableStream({
      start(controller) {
        controller.enqueue("a");
        controller.enqueue("b");
        controller.close();
      },
    });
    const sink = new WritableStream({
      start: () => seen.push("start"),
      write: (chunk) => seen.push(chunk),
      close: () => seen.push("close"),
    });
    const result = await source.pipeTo(sink);
    seen.push(result === undefined, source.locked, sink.locked);
    return Response.json(seen);
  },
};
