// What is packed with brotli goes through a handler that does not look at it.
//> GET /head
//> GET /returned
//> GET /copied
//> HEAD /copied
//> GET /headers
//> GET /cloned
//> GET /clonesBody
//> GET /teed
const ways = {
  head: (r) => Response.json([...r.headers]),
  returned: (r) => r,
  copied: (r) => new Response(r.body, r),
  headers: (r) => new Response(r.body, { headers: r.headers }),
  cloned: (r) => r.clone(),
  clonesBody: (r) => new Response(r.clone().body, r),
  teed: async (r) => {
    const [one, other] = r.body.tee();
    await new Response(one).arrayBuffer();
    return new Response(other, r);
  },
};

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    return ways[pathname.slice(1)](await fetch(`${env.UPSTREAM}/br`, { method: request.method }));
  },
};
