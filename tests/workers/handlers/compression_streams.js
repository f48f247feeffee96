// What is compressed is read again, chunk by chunk; what is damaged, cut off or followed by more is refused.
//> POST /gzip {"body": "the same text, the same text, the same text"}
//> POST /deflate {"body": "x"}
//> POST /deflate-raw {"body": "grüße"}
//> POST /unknown {"body": "x"}
//> POST /gzip?byob {"body": "read into buffers of one's own"}
//> POST /gzip?text {"body": "gr\u00fc\u00dfe as text"}

const bytes = async (stream) => new Uint8Array(await new Response(stream).arrayBuffer());
const streamOf = (...chunks) => new Response(new Blob(chunks)).body;
const attempt = (action) => action().then((value) => value.byteLength, (error) => error.name);

export default {
  async fetch(request) {
    const format = new URL(request.url).pathname.slice(1);
    let packing;
    try {
      packing = new CompressionStream(format);
    } catch (error) {
      return new Response(error.name, { status: 400 });
    }
    if (new URL(request.url).search === "?byob") {
      const reader = request.body
        .pipeThrough(packing)
        .pipeThrough(new DecompressionStream(format))
        .getReader({ mode: "byob" });
      const parts = [];
      for (let part; !(part = await reader.read(new Uint8Array(8))).done;) parts.push(...part.value);
      return new Response(new Uint8Array(parts));
    }
    if (new URL(request.url).search === "?text") {
      const writer = packing.writable.getWriter();
      for (const chunk of ["", await request.text(), ", and more"]) writer.write(chunk);
      writer.close();
      return new Response(packing.readable.pipeThrough(new DecompressionStream(format)));
    }
    const packed = await bytes(request.body.pipeThrough(packing));
    const unpack = (...chunks) => bytes(streamOf(...chunks).pipeThrough(new DecompressionStream(format)));
    const text = new TextDecoder().decode(await unpack(packed));
    const wrong = packed.slice();
    wrong[wrong.length - 1] ^= 255;
    return Response.json([
      text,
      await attempt(() => unpack(packed.slice(0, -1))),
      format === "deflate-raw" || (await attempt(() => unpack(wrong))),
      await attempt(() => unpack("no compressed data at all")),
      Object.prototype.toString.call(packing),
    ]);
  },
};
