// A part of the content.
//> GET /
//> GET / {"headers": {"range": "bytes=2-4"}}
//> GET / {"headers": {"range": "bytes=-3"}}
//> GET / {"headers": {"range": "bytes=20-"}}
const CONTENT = new TextEncoder().encode("0123456789");
export default {
  fetch(request) {
    const found = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "");
    if (!found) return new Response(CONTENT, { headers: { "accept-ranges": "bytes" } });
    const size = CONTENT.length;
    const start = found[1] ? Number(found[1]) : size - Number(found[2]);
    const end = found[1] && found[2] ? Math.min(Number(found[2]), size - 1) : size - 1;
    if (start > end) return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
    return new Response(CONTENT.subarray(start, end + 1), {
      status: 206,
      headers: { "content-range": `bytes ${start}-${end}/${size}` },
    });
  },
};
