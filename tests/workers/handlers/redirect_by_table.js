// Old paths have new places.
//> GET /old
//> GET /older?keep=1
//> GET /nowhere
const PLACES = new Map([
  ["/old", "https://example.com/new"],
  ["/older", "https://example.com/newer"],
]);
export default {
  async fetch(request) {
    const url = new URL(request.url);
    const place = PLACES.get(url.pathname);
    if (place) return Response.redirect(place + url.search, 308);
    return new Response("no such page", { status: 404 });
  },
};
