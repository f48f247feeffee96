// A failure tells where it was asked for.
//> GET /
export default {
  async fetch(request, env) {
    const seen = [];
    try {
      await fetch(env.CLOSED);
    } catch (error) {
      seen.push(error instanceof Error, typeof error.stack, error.stack.length > 0);
    }
    return Response.json(seen);
  },
};
