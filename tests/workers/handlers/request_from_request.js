// A request from another one, and what becomes of the first.
//> POST /p {"headers": {"x-a": "b", "content-type": "text/plain"}, "body": "body"}
export default {
  async fetch(request) {
    const other = new Request("https://example.com/other", request);
    const third = new Request(other, { headers: { "x-c": "d" } });
    return Response.json([
      other.url,
      other.method,
      other.headers.get("x-a"),
      request.bodyUsed,
      third.url,
      third.method,
      [...third.headers],
      other.bodyUsed,
      await third.text(),
    ]);
  },
};
