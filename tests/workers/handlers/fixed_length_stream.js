// A response whose length is known before its bytes are, and bytes that pass unchanged.
//> GET /fixed
//> GET /short
//> GET /long
//> GET /identity
//> GET /text
//> GET /lengths

async function write(stream, texts, encode = (text) => new TextEncoder().encode(text)) {
  const writer = stream.writable.getWriter();
  for (const text of texts) await writer.write(encode(text));
  await writer.close();
}

export default {
  async fetch(request) {
    const path = new URL(request.url).pathname;
    if (path === "/text") {
      const stream = new IdentityTransformStream();
      write(stream, ["text ", "", "grüße \ud800"], (text) => text);
      return new Response(stream.readable);
    }
    if (path === "/lengths") {
      const made = (length) => {
        try {
          return String(new FixedLengthStream(length));
        } catch (error) {
          return error.name;
        }
      };
      const lengths = [7, "7", 0n, 7n, -1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n + 5n, -5, 2 ** 53, NaN, Infinity];
      return Response.json(lengths.map(made));
    }
    const stream = path === "/identity" ? new IdentityTransformStream() : new FixedLengthStream(6);
    const written = write(stream, path === "/short" ? ["abc"] : path === "/long" ? ["abc", "defg"] : ["abc", "def"]);
    const ended = written.then(() => "written", (error) => error.name);
    if (path === "/fixed") return new Response(stream.readable);
    const got = await new Response(stream.readable).text().catch((error) => error.name);
    // Who closes too early is told so by the readable side; workerd's close() is fulfilled all the same.
    return Response.json([got, path === "/short" || (await ended), stream instanceof TransformStream]);
  },
};
