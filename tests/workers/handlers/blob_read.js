// What a Blob does.
//> GET /
export default {
  async fetch() {
    const blob = new Blob(["ab", new Uint8Array([99, 100]), new Blob(["e"]), 12], { type: "Text/X" });
    const part = blob.slice(1, -1, "a/b");
    const chunks = [];
    for await (const chunk of blob.stream()) chunks.push(...chunk);
    return Response.json([
      blob.size,
      blob.type,
      await blob.text(),
      part.size,
      part.type,
      await part.text(),
      [...new Uint8Array(await blob.slice(-2).arrayBuffer())],
      chunks,
      [...(await blob.slice(0, 1).bytes())],
      new Blob().size,
      Object.prototype.toString.call(blob),
      await blob.slice(5, 2).text(),
    ]);
  },
};
