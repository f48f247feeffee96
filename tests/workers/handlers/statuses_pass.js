// Any status goes to the client.
//> GET /201
//> GET /402
//> GET /418
//> GET /451
//> GET /500
//> GET /503
//> GET /599
export default {
  fetch(request) {
    const status = Number(new URL(request.url).pathname.slice(1));
    return new Response(`status ${status}`, { status });
  },
};
