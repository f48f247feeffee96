// A validator, and the answer without a body.
//> GET /
//> GET / {"headers": {"if-none-match": "\"2cf24dba\""}}
//> GET / {"headers": {"if-none-match": "W/\"x\", \"2cf24dba\""}}
//> HEAD /
export default {
  async fetch(request) {
    const body = "hello";
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)));
    const etag = `"${[...digest.slice(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
    const known = (request.headers.get("if-none-match") ?? "").split(",").map((one) => one.trim());
    if (known.includes(etag)) return new Response(null, { status: 304, headers: { etag } });
    return new Response(body, { headers: { etag, "cache-control": "public, max-age=0, must-revalidate" } });
  },
};
