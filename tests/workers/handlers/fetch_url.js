// url, redirected and type, and those of a copy.
//> GET /
export default {
  async fetch(request, env) {
    const response = await fetch(`${env.UPSTREAM}/redirect?status=302&to=/echo?a%23b`);
    const copy = response.clone();
    const plain = await fetch(`${env.UPSTREAM}/echo?x#fragment`);
    const tell = (one) => [one.url.replace(env.UPSTREAM, ""), one.redirected, one.type];
    return Response.json([
      tell(response),
      tell(copy),
      tell(plain),
      tell(new Response()),
      tell(new Response(null, plain)),
      Object.keys(response),
      "url" in Response.prototype,
      Object.hasOwn(response, "url"),
    ]);
  },
};
