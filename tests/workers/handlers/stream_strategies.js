// Queuing strategies.
//> GET /
export default {
  fetch() {
    const count = new CountQueuingStrategy({ highWaterMark: 3 });
    const bytes = new ByteLengthQueuingStrategy({ highWaterMark: 16 });
    const outcome = (init) => {
      try {
        return new CountQueuingStrategy(init).highWaterMark;
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      count.highWaterMark,
      count.size("abc"),
      bytes.highWaterMark,
      bytes.size(new Uint8Array(5)),
      outcome(undefined),
      outcome({ highWaterMark: "4" }),
    ]);
  },
};
