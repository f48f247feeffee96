// What middleware does that counts bytes.
//> POST / {"body": "short"}
//> POST / {"body": "much too long for the limit of this"}
export default {
  async fetch(request) {
    let size = 0;
    const limited = request.body.pipeThrough(
      new TransformStream({
        transform(chunk, controller) {
          size += chunk.byteLength;
          if (size > 10) controller.error(new RangeError("too large"));
          else controller.enqueue(chunk);
        },
      }),
    );
    try {
      return new Response(await new Response(limited).text());
    } catch (error) {
      return new Response(error.message, { status: 413 });
    }
  },
};
