// The clock goes.
//> GET /
export default {
  async fetch() {
    const began = Date.now();
    await new Promise((done) => setTimeout(done, 20));
    const took = Date.now() - began;
    return Response.json([
      Number.isInteger(began),
      took >= 10,
      new Date().getUTCFullYear() > 2024,
      typeof performance.now(),
      performance.timeOrigin <= Date.now(),
    ]);
  },
};
