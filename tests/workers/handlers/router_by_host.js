// What the URL says of the host.
//> GET /x {"headers": {"host": "shop.example"}}
//> GET /x {"headers": {"host": "BLOG.example:8080"}}
export default {
  fetch(request) {
    const { hostname, port, host } = new URL(request.url);
    return Response.json({ hostname, port, host, header: request.headers.get("host"), site: hostname.split(".")[0] });
  },
};
