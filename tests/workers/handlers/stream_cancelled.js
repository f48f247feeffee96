// cancel() tells the source.
//> GET /
export default {
  async fetch() {
    const seen = [];
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue("x"),
      cancel: (reason) => {
        seen.push(reason);
      },
    });
    for await (const chunk of stream) {
      seen.push(chunk);
      break;
    }
    const other = new ReadableStream({
      cancel: () => {
        throw new TypeError("no");
      },
    });
    await other.cancel("reason").catch((error) => seen.push(error.name));
    seen.push(await new ReadableStream().cancel());
    return Response.json(seen.map((one) => one ?? "undefined"));
  },
};
