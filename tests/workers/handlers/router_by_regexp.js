// Routes with parameters.
//> GET /users/7
//> GET /users/7/posts/first%20one
//> POST /users
//> DELETE /users/7
//> GET /else
const ROUTES = [
  ["GET", /^\/users\/(?<id>\d+)$/, ({ id }) => Response.json({ user: Number(id) })],
  [
    "GET",
    /^\/users\/(?<id>\d+)\/posts\/(?<post>[^/]+)$/,
    ({ id, post }) => Response.json({ id, post: decodeURIComponent(post) }),
  ],
  ["POST", /^\/users$/, () => new Response(null, { status: 201, headers: { location: "/users/8" } })],
];
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    const fitting = ROUTES.filter(([, pattern]) => pattern.test(pathname));
    const route = fitting.find(([method]) => method === request.method);
    if (route) return route[2](route[1].exec(pathname).groups ?? {});
    if (fitting.length)
      return new Response("method not allowed\n", {
        status: 405,
        headers: { allow: fitting.map(([method]) => method).join(", ") },
      });
    return new Response("not found\n", { status: 404 });
  },
};
