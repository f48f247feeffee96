// The first that responds.
//> GET /a
//> GET /b
addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname === "/a") event.respondWith(new Response("first"));
});
self.addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname === "/b") event.respondWith(new Response("second"));
});
