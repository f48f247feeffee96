// Events for a browser's EventSource.
//> GET /
export default {
  fetch() {
    const { readable, writable } = new TransformStream();
    const encoder = new TextEncoder();
    const send = async () => {
      const writer = writable.getWriter();
      for (let id = 1; id <= 3; id++) {
        await new Promise((done) => setTimeout(done, 5));
        await writer.write(encoder.encode(`id: ${id}\nevent: tick\ndata: {"n":${id}}\n\n`));
      }
      await writer.close();
    };
    send();
    return new Response(readable, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  },
};
