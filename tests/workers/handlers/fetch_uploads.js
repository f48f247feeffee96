// Requests whose bodies are streams: how they arrive, and what becomes of those that are redirected.
//> POST /piped {"body": "the body of the request"}
//> POST /transformed {"body": "the body of the request"}
//> POST /fixed {"body": "0123456789"}
//> POST /request {"body": "again"}
//> POST /made
//> POST /empty
//> POST /see-other
//> POST /redirected

const encoder = new TextEncoder();
const made = (...texts) => ReadableStream.from(texts.map((text) => encoder.encode(text)));

const ways = {
  piped: (request, post) => post(request.body.pipeThrough(new IdentityTransformStream())),
  transformed: (request, post) =>
    post(
      request.body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new TransformStream({ transform: (chunk, controller) => controller.enqueue(chunk.toUpperCase()) }))
        .pipeThrough(new TextEncoderStream()),
    ),
  async fixed(request, post) {
    const { readable, writable } = new FixedLengthStream(10);
    const [answer] = await Promise.all([post(readable), request.body.pipeTo(writable)]);
    return answer;
  },
  request: (request, post, url) => fetch(new Request(url, { method: "PUT", body: made("a", "b", "c"), duplex: "half" })),
  made: (request, post) => post(made("one ", "two ", "three"), { headers: { "Content-Type": "text/x" } }),
  empty: (request, post) => post(made()),
};

export default {
  async fetch(request, env) {
    const way = new URL(request.url).pathname.slice(1);
    const url = `${env.UPSTREAM}/echo`;
    const post = (body, init) => fetch(url, { method: "POST", body, ...init });
    try {
      if (way === "see-other" || way === "redirected") {
        const status = way === "redirected" ? 307 : 303;
        return await fetch(`${env.UPSTREAM}/redirect?status=${status}&to=/echo`, { method: "POST", body: made("x") });
      }
      return await (ways[way] ?? ways.made)(request, post, url);
    } catch (error) {
      return new Response(error.name);
    }
  },
};
