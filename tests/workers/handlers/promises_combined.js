// all, allSettled, any, race, try, withResolvers.
//> GET /
export default {
  async fetch() {
    const late = (value, ms) => new Promise((done) => setTimeout(done, ms, value));
    const { promise, resolve } = Promise.withResolvers();
    setTimeout(resolve, 1, "resolved");
    return Response.json([
      await Promise.all([1, late(2, 1)]),
      await Promise.allSettled([Promise.reject(1), 2]),
      await Promise.any([Promise.reject(1), late("any", 1)]),
      await Promise.race([late("slow", 50), late("fast", 1)]),
      await promise,
      await Promise.any([]).catch((error) => error.name),
      await Promise.try(() => {
        throw new Error("tried");
      }).catch((error) => error.message),
    ]);
  },
};
