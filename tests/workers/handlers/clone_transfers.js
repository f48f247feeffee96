// A buffer that moves.
//> GET /
export default {
  fetch() {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const copy = structuredClone({ buffer }, { transfer: [buffer] });
    return Response.json([copy.buffer.byteLength, buffer.byteLength, buffer.detached]);
  },
};
