// Work behind the response, in service worker syntax.
//> GET /start?2
//> GET /ask?2
addEventListener("fetch", (event) => {
  const { pathname, search } = new URL(event.request.url);
  if (pathname === "/ask") {
    event.respondWith(fetch(`${UPSTREAM}/wait${search}`));
    return;
  }
  event.waitUntil(fetch(`${UPSTREAM}/note${search}`, { method: "POST", body: "worker" }));
  event.respondWith(new Response("started"));
});
