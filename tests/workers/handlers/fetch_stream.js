// A response's body, chunk by chunk.
//> GET /
//> GET /through
export default {
  async fetch(request, env) {
    const response = await fetch(`${env.UPSTREAM}/chunks`);
    if (new URL(request.url).pathname === "/through") {
      const upper = new TransformStream({
        transform: (chunk, controller) =>
          controller.enqueue(chunk.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte))),
      });
      return new Response(response.body.pipeThrough(upper), response);
    }
    let text = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) text += chunk;
    return new Response(text);
  },
};
