// What a writer tells.
//> GET /
export default {
  async fetch() {
    const written = [];
    const stream = new WritableStream(
      {
        write: (chunk) => {
          written.push(chunk);
        },
      },
      new CountQueuingStrategy({ highWaterMark: 2 }),
    );
    const writer = stream.getWriter();
    const seen = [writer.desiredSize];
    const first = writer.write(1);
    seen.push(writer.desiredSize);
    await first;
    await writer.ready;
    seen.push(writer.desiredSize, stream.locked);
    await writer.close();
    await writer.write(2).catch((error) => seen.push(error.name));
    seen.push((await writer.closed) ?? "closed", written);
    return Response.json(seen);
  },
};
