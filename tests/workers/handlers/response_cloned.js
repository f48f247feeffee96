// A response's clone.
//> GET /
export default {
  async fetch() {
    const response = new Response("body", { status: 201, statusText: "Made", headers: { a: "1" } });
    const copy = response.clone();
    copy.headers.set("a", "2");
    return Response.json([
      copy.status,
      copy.statusText,
      response.headers.get("a"),
      copy.headers.get("a"),
      await copy.text(),
      await response.text(),
    ]);
  },
};
