// A Blob brings its type.
//> GET /
//> GET /none
export default {
  fetch(request) {
    const type = new URL(request.url).pathname === "/none" ? "" : "image/svg+xml";
    return new Response(new Blob(["<svg/>"], { type }));
  },
};
