// JSON of another server.
//> GET /
export default {
  async fetch(request, env) {
    const response = await fetch(`${env.UPSTREAM}/json`);
    const { list } = await response.json();
    return Response.json([
      response.status,
      response.ok,
      response.statusText,
      response.headers.get("content-type"),
      response.bodyUsed,
      list,
    ]);
  },
};
