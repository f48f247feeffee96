// Several at a time.
//> GET /
export default {
  async fetch(request, env) {
    const responses = await Promise.all([1, 2, 3, 4].map((n) => fetch(`${env.UPSTREAM}/echo?n=${n}`)));
    const bodies = await Promise.all(responses.map((response) => response.json()));
    return Response.json(bodies.map(({ target }) => target));
  },
};
