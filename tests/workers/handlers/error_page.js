// Errors become a page of one's own.
//> GET /fine
//> GET /missing
//> GET /broken
async function route(path) {
  if (path === "/fine") return new Response("fine");
  if (path === "/broken") null.property;
  throw Object.assign(new Error("nothing there"), { status: 404 });
}
export default {
  async fetch(request) {
    try {
      return await route(new URL(request.url).pathname);
    } catch (error) {
      return Response.json({ name: error.name, known: "status" in error }, { status: error.status ?? 500 });
    }
  },
};
