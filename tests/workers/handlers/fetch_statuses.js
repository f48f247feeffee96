// A status is no error.
//> GET /
export default {
  async fetch(request, env) {
    const found = [];
    for (const status of [200, 201, 204, 304, 400, 404, 500]) {
      const response = await fetch(`${env.UPSTREAM}/status/${status}`);
      found.push([response.status, response.ok, await response.text()]);
    }
    return Response.json(found);
  },
};
