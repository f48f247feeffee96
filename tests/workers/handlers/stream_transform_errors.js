// A transform that throws errors both sides.
//> GET /
export default {
  async fetch() {
    const { readable, writable } = new TransformStream({
      transform() {
        throw new EvalError("bad chunk");
      },
    });
    const writer = writable.getWriter();
    const outcomes = await Promise.allSettled([writer.write("x"), readable.getReader().read(), writer.closed]);
    return Response.json(outcomes.map(({ status, reason }) => [status, reason?.name]));
  },
};
