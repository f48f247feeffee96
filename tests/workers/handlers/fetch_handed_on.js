// A proxy.
//> GET /proxied?x=y {"headers": {"x-a": "b"}}
//> POST /proxied {"headers": {"content-type": "text/x"}, "body": "through"}
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    return fetch(new Request(`${env.UPSTREAM}/echo${url.search}`, request));
  },
};
