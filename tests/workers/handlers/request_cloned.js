// A clone has what the request has.
//> POST /p?q {"headers": {"x-a": "b", "content-type": "text/x"}, "body": "body"}
export default {
  async fetch(request) {
    const copy = request.clone();
    const seen = [
      copy.method,
      copy.url,
      copy.headers.get("x-a"),
      copy.headers.get("content-type"),
      await copy.text(),
      request.bodyUsed,
      await request.text(),
      copy instanceof Request,
      copy !== request,
    ];
    return Response.json(seen);
  },
};
