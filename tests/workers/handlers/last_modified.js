// Dates as validators.
//> GET /
//> GET / {"headers": {"if-modified-since": "Thu, 02 Jan 2020 03:04:05 GMT"}}
//> GET / {"headers": {"if-modified-since": "Wed, 01 Jan 2020 00:00:00 GMT"}}
//> GET / {"headers": {"if-modified-since": "never"}}
const CHANGED = new Date("2020-01-02T03:04:05Z");
export default {
  fetch(request) {
    const since = Date.parse(request.headers.get("if-modified-since"));
    if (since >= CHANGED.getTime()) return new Response(null, { status: 304 });
    return new Response("changed", { headers: { "last-modified": CHANGED.toUTCString() } });
  },
};
