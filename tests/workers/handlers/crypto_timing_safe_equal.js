// A comparison that takes the same time for all.
//> GET /
export default {
  fetch() {
    const bytes = (...list) => new Uint8Array(list);
    const outcome = (a, b) => {
      try {
        return crypto.subtle.timingSafeEqual(a, b);
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      outcome(bytes(1, 2), bytes(1, 2)),
      outcome(bytes(1, 2), bytes(1, 3)),
      outcome(bytes(1), bytes(1, 2)),
      outcome(bytes(), bytes()),
      outcome(bytes(1, 0), new Uint16Array([1])),
      outcome("a", "a"),
    ]);
  },
};
