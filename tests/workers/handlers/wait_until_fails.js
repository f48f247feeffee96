// What fails behind the response changes nothing in it.
//> GET /
export default {
  fetch(request, env, ctx) {
    ctx.waitUntil(Promise.reject(new Error("behind")));
    ctx.waitUntil("no promise");
    return Response.json([typeof ctx.waitUntil, typeof ctx.passThroughOnException, ctx.passThroughOnException()]);
  },
};
