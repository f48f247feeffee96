// A response whose length is known before its bytes are, and bytes that pass unchanged.
//> GET /fixed
//> GET /short
//> GET /long
//> GET /identity

async function write(stream, texts) {
  const writer = stream.writable.getWriter();
  for (const text of texts) await writer.write(new TextEncoder().encode(text));
  await writer.close();
}

export default {
  async fetch(request) {
    const path = new URL(request.url).pathname;
    const stream = path === "/identity" ? new IdentityTransformStream() : new FixedLengthStream(6);
    const written = write(stream, path === "/short" ? ["abc"] : path === "/long" ? ["abc", "defg"] : ["abc", "def"]);
    const ended = written.then(() => "written", (error) => error.name);
    if (path === "/fixed") return new Response(stream.readable);
    const got = await new Response(stream.readable).text().catch((error) => error.name);
    // Who closes too early is told so by the readable side; workerd's close() is fulfilled all the same.
    return Response.json([got, path === "/short" || (await ended), stream instanceof TransformStream]);
  },
};
