// What browsers ask before they send.
//> OPTIONS /api {"headers": {"origin": "https://a.example", "access-control-request-method": "PUT", "access-control-request-headers": "x-a"}}
//> OPTIONS /api
//> PUT /api {"headers": {"origin": "https://a.example"}, "body": "x"}
const ALLOWED = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET,HEAD,PUT,OPTIONS",
  "access-control-max-age": "86400",
};
export default {
  async fetch(request) {
    if (request.method === "OPTIONS") {
      const { headers } = request;
      if (headers.get("origin") !== null && headers.get("access-control-request-method") !== null) {
        return new Response(null, {
          headers: { ...ALLOWED, "access-control-allow-headers": headers.get("access-control-request-headers") },
        });
      }
      return new Response(null, { headers: { allow: "GET, HEAD, PUT, OPTIONS" } });
    }
    const response = Response.json({ method: request.method, size: (await request.arrayBuffer()).byteLength });
    response.headers.set("access-control-allow-origin", headers_origin(request));
    response.headers.append("vary", "Origin");
    return response;
  },
};
function headers_origin(request) {
  return request.headers.get("origin") ?? "*";
}
