// Content negotiation.
//> GET / {"headers": {"accept": "application/json"}}
//> GET / {"headers": {"accept": "text/html;q=0.9, application/xml;q=0.8"}}
//> GET / {"headers": {"accept": "image/png"}}
//> GET /
const TYPES = { "text/html": "<p>7</p>", "application/json": '{"n":7}' };
export default {
  fetch(request) {
    const accepted = (request.headers.get("accept") ?? "*/*").split(",").map((one) => one.split(";")[0].trim());
    const type = accepted.map((one) => (one === "*/*" ? "text/html" : one)).find((one) => one in TYPES);
    if (!type) return new Response("not acceptable", { status: 406 });
    return new Response(TYPES[type], { headers: { "content-type": type, vary: "accept" } });
  },
};
