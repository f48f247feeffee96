// A body is read into buffers of the handler's own; a byte stream's source fills them.
//> POST /body {"body": "abcdefghij"}
//> GET /source
//> GET /errors

const text = (view) => new TextDecoder().decode(view);

export default {
  async fetch(request) {
    const said = [];
    const path = new URL(request.url).pathname;
    if (path === "/body") {
      const reader = request.body.getReader({ mode: "byob" });
      let buffer = new ArrayBuffer(4);
      for (;;) {
        const { value, done } = await reader.read(new Uint8Array(buffer));
        said.push(done ? "done" : text(value), buffer.byteLength);
        if (done) break;
        buffer = value.buffer;
      }
    } else if (path === "/source") {
      let n = 0;
      const stream = new ReadableStream({
        type: "bytes",
        autoAllocateChunkSize: 3,
        pull(controller) {
          const { view } = controller.byobRequest;
          view[0] = 97 + n++;
          said.push(view.byteLength);
          controller.byobRequest.respond(1);
          if (n === 3) controller.close();
        },
      });
      for await (const chunk of stream) said.push(text(chunk));
    } else {
      for (const action of [
        () => new ReadableStream({}).getReader({ mode: "byob" }),
        () => new ReadableStream({ type: "bytes", autoAllocateChunkSize: 0 }),
        () => new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" }).read(new Uint8Array(0)),
        () => new ReadableStreamBYOBReader({}),
      ]) {
        try {
          said.push(typeof (await action()));
        } catch (error) {
          said.push(error.name);
        }
      }
    }
    return Response.json(said);
  },
};
