// A response, not a promise of one.
//> GET /
//> GET /twice
addEventListener("fetch", (event) => {
  event.respondWith(new Response("at once"));
  if (new URL(event.request.url).pathname === "/twice") {
    try {
      event.respondWith(new Response("again"));
    } catch (error) {
      console.log(error.name);
    }
  }
});
