// What statuses a Response takes.
//> GET /
export default {
  fetch() {
    const outcome = (status) => {
      try {
        return new Response(null, { status }).status;
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([200, 599, 600, 199, 100, 0, -1, 1000, "204", 200.9, NaN, undefined].map(outcome));
  },
};
