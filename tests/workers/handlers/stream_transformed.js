// A body goes through a transform on its way.
//> POST / {"body": "hello streams, grüße"}
export default {
  fetch(request) {
    const upper = new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(chunk.toUpperCase());
      },
      flush(controller) {
        controller.enqueue("\nend");
      },
    });
    const body = request.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(upper)
      .pipeThrough(new TextEncoderStream());
    return new Response(body, { headers: { "content-type": "text/plain" } });
  },
};
