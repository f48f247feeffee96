// What another server has packed is read without that, and goes on as it says: its header stays.
//> GET /head
//> GET /returned
//> GET /returned {"headers": {"accept-encoding": "gzip"}}
//> GET /returned {"headers": {"accept-encoding": "br"}}
//> HEAD /returned
//> GET /returned?/large
//> GET /returned?/none
//> GET /copied
//> HEAD /copied
//> GET /copied?/large
//> GET /headers
//> GET /read
//> GET /read?/large
//> GET /read?/none
//> GET /bytes
//> GET /parsed
//> GET /cloned
//> GET /clonesBody
//> GET /teed
//> GET /piped
//> GET /piped?/large
//> GET /another
//> GET /manual
//> GET /bodyAlone
//> GET /withoutCoding
//> GET /pipedWithoutCoding
//> GET /asked {"headers": {"accept-encoding": "gzip"}}
const ways = {
  head: (r) => Response.json([...r.headers]),
  returned: (r) => r,
  copied: (r) => new Response(r.body, r),
  headers: (r) => new Response(r.body, { headers: r.headers }),
  read: async (r) => new Response(await r.text(), r),
  bytes: async (r) => new Response(await r.arrayBuffer(), r),
  parsed: async (r) => new Response((await r.text()).length),
  cloned: (r) => r.clone(),
  clonesBody: (r) => new Response(r.clone().body, r),
  teed: async (r) => {
    const [one, other] = r.body.tee();
    await new Response(one).text();
    return new Response(other, r);
  },
  piped: (r) => new Response(r.body.pipeThrough(new TransformStream()), r),
  another: (r) => new Response("one of my own", r),
  manual: (r) => new Response(r.body, { headers: r.headers, encodeBody: "manual" }),
  bodyAlone: (r) => new Response(r.body),
  withoutCoding: (r) => {
    const copy = new Response(r.body, r);
    copy.headers.delete("content-encoding");
    return copy;
  },
  pipedWithoutCoding: (r) => {
    const copy = new Response(r.body.pipeThrough(new TransformStream()), r);
    copy.headers.delete("content-encoding");
    return copy;
  },
};

export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const url = `${env.UPSTREAM}/gzip${search.slice(1)}`;
    if (pathname === "/asked") return fetch(new Request(url, request));
    const response = await fetch(url, { method: request.method });
    try {
      return await ways[pathname.slice(1)](response);
    } catch {
      return new Response("it cannot be read");
    }
  },
};
