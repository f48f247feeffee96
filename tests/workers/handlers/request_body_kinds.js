// What a request's body may be, and the type that it brings.
//> GET /
export default {
  async fetch() {
    const bodies = [
      "text",
      new URLSearchParams("a=b"),
      new Uint8Array([66]),
      new Uint8Array([67]).buffer,
      new Blob(["d"], { type: "e/f" }),
      12,
      { toString: () => "object" },
      new DataView(new ArrayBuffer(1)),
      null,
      undefined,
      true,
    ];
    const found = [];
    for (const body of bodies) {
      const request = new Request("https://h", { method: "POST", body });
      found.push([request.headers.get("content-type"), await request.text()]);
    }
    return Response.json(found);
  },
};
