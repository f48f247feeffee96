// Service worker syntax.
//> GET /hello?x
//> POST / {"body": "posted"}
addEventListener("fetch", (event) => {
  event.respondWith(handle(event));
});
async function handle({ request, type }) {
  return Response.json([type, request.method, request.url, await request.text(), typeof GREETING, GREETING], {
    headers: { "x-form": "service worker" },
  });
}
