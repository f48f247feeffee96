// What a source's controller tells of the queue.
//> GET /
export default {
  async fetch() {
    const seen = [];
    let kept;
    const stream = new ReadableStream(
      {
        start(controller) {
          kept = controller;
          seen.push(controller.desiredSize);
        },
      },
      { highWaterMark: 2 },
    );
    kept.enqueue("a");
    seen.push(kept.desiredSize);
    kept.enqueue("b");
    kept.enqueue("c");
    seen.push(kept.desiredSize);
    await stream.getReader().read();
    seen.push(kept.desiredSize);
    kept.close();
    try {
      kept.enqueue("d");
    } catch (error) {
      seen.push(error.name);
    }
    return Response.json(seen);
  },
};
