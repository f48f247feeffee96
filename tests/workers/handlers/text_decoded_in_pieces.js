// A character may come in two chunks.
//> GET /
export default {
  fetch() {
    const decoder = new TextDecoder();
    const pieces = [[0xe2], [0x82, 0xac, 0xf0], [0x9f, 0x98], [0x80, 97]].map((list) =>
      decoder.decode(new Uint8Array(list), { stream: true }),
    );
    pieces.push(decoder.decode());
    const cut = new TextDecoder();
    cut.decode(new Uint8Array([0xe2]), { stream: true });
    pieces.push(cut.decode());
    return Response.json([pieces, decoder.encoding, decoder.fatal, decoder.ignoreBOM]);
  },
};
