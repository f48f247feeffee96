// An error on either side of a pipe.
//> GET /
export default {
  async fetch() {
    const seen = [];
    const failing = new ReadableStream({ pull: (controller) => controller.error(new RangeError("source")) });
    const sink = new WritableStream({ abort: (reason) => seen.push(`abort ${reason.name}`) });
    await failing.pipeTo(sink).catch((error) => seen.push(error.message));

    const source = new ReadableStream({
      pull: (controller) => controller.enqueue("x"),
      cancel: (reason) => seen.push(`cancel ${reason.message}`),
    });
    const broken = new WritableStream({
      write: () => {
        throw new Error("sink");
      },
    });
    await source.pipeTo(broken).catch((error) => seen.push(error.message));
    return Response.json(seen);
  },
};
