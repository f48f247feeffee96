// What a response's body may be.
//> GET /
export default {
  async fetch() {
    const bodies = [
      "text",
      "grüße",
      new URLSearchParams({ a: "ü" }),
      new Uint16Array([0x4241]),
      new ArrayBuffer(2),
      new Blob(["d"]),
      12,
      true,
      { toString: () => "object" },
      null,
      undefined,
      "",
    ];
    const found = [];
    for (const body of bodies) {
      const response = new Response(body);
      found.push([response.headers.get("content-type"), response.body === null, await response.text()]);
    }
    return Response.json(found);
  },
};
