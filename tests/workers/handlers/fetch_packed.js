// What the other server has packed.
//> GET /
export default {
  async fetch(request, env) {
    const response = await fetch(`${env.UPSTREAM}/gzip`);
    return new Response(await response.text());
  },
};
