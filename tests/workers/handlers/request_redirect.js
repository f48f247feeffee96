// The option redirect, and the attribute.
//> GET /
export default {
  async fetch(request, env) {
    const seen = [request.redirect];
    for (const redirect of ["follow", "manual", "other"]) {
      try {
        seen.push(new Request("https://example.com", { redirect }).redirect);
      } catch (error) {
        seen.push(error.name);
      }
    }
    seen.push(new Request(request).redirect, new Request("https://example.com").redirect);
    return Response.json(seen);
  },
};
