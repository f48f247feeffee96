// A stream of strings is no body.
//> GET /
export default {
  async fetch() {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue("text");
        controller.close();
      },
    });
    return new Response(await new Response(stream).text().catch((error) => error.name));
  },
};
