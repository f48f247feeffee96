// A length that a handler gives is not that of a stream, which may be another one; but HEAD tells it.
//> GET /longer
//> GET /shorter
//> HEAD /longer
//> GET /appended
//> HEAD /appended
//> GET /fixed
const encoder = new TextEncoder();

function slow(...texts) {
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (texts.length) controller.enqueue(encoder.encode(texts.shift()));
      else controller.close();
    },
  });
}

const appending = () =>
  new TransformStream({
    flush(controller) {
      controller.enqueue(encoder.encode(", and what the handler adds"));
    },
  });

export default {
  async fetch(request, env) {
    const stated = { headers: { "Content-Length": "8" } };
    switch (new URL(request.url).pathname) {
      case "/longer":
        return new Response(slow("one, ", "two, ", "three"), stated);
      case "/shorter":
        return new Response(slow("one"), stated);
      case "/fixed": {
        const { readable, writable } = new FixedLengthStream(8);
        slow("one, ", "two").pipeTo(writable);
        return new Response(readable, { headers: { "Content-Length": "3" } });
      }
      default: {
        const response = await fetch(`${env.UPSTREAM}/json`, { method: request.method });
        return new Response(response.body?.pipeThrough(appending()), response);
      }
    }
  },
};
