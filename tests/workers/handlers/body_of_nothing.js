// Empty bodies and null, where a status or a method goes with none.
//> GET /
//> GET /?204
const EMPTY = ["", new Uint8Array(0), new Blob([]), new URLSearchParams(), new ArrayBuffer(0), Object("")];
const post = () => new Request("http://a.test/", { method: "POST", body: "x", headers: { "x-a": "1" } });

const outcome = async (made) => {
  try {
    const { body, headers, method, status } = made();
    return [status ?? method, body === null, [...headers]];
  } catch (error) {
    return error.name;
  }
};

export default {
  async fetch(request) {
    if (request.url.endsWith("?204")) return new Response("", { status: 204, headers: { "x-a": "1" } });
    const answers = [];
    for (const status of [204, 205, 304]) {
      for (const body of [...EMPTY, null, undefined, "x", [], new ReadableStream()]) {
        answers.push(await outcome(() => new Response(body, { status })));
      }
      answers.push(await outcome(() => Response.json("", { status })));
      answers.push(await outcome(() => new Response("", { status, headers: { "content-type": "a/b" } })));
    }
    for (const init of [{ body: null }, { method: "GET", body: null }, { method: "GET" }, { method: "HEAD", body: null }]) {
      answers.push(await outcome(() => new Request(post(), init)));
    }
    const kept = post();
    const without = new Request(kept, { body: null });
    const moved = new Request(kept, { body: undefined });
    return Response.json([answers, await without.text(), kept.bodyUsed, await moved.text()]);
  },
};
