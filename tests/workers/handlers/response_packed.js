// A handler that says Content-Encoding: gzip has its body packed, whoever asks, unless it has packed that itself.
//> GET /text
//> GET /text {"headers": {"accept-encoding": "identity"}}
//> HEAD /text
//> GET /upper
//> GET /two
//> GET /deflate
//> GET /other
//> GET /empty
//> GET /none
//> GET /not-modified
//> GET /json
//> GET /length
//> GET /set-later
//> GET /redirect
//> GET /blob
//> GET /stream
//> GET /script
//> GET /large
//> GET /fixed
//> GET /by-hand
//> GET /by-hand-again
//> GET /by-another-name
//> GET /clone
//> GET /automatic
//> GET /undefined
//> GET /wrong
//> GET /read
const packed = { "Content-Encoding": "gzip" };
const text = "the same text, and again. ".repeat(20);
const encoder = new TextEncoder();

function of(...chunks) {
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(encoder.encode(chunk));
    },
  });
}

async function zipped() {
  return new Response(of(text).pipeThrough(new CompressionStream("gzip"))).bytes();
}

function piped(transform, ...chunks) {
  of(...chunks).pipeTo(transform.writable);
  return transform.readable;
}

const answers = {
  text: () => new Response(text, { headers: packed }),
  upper: () => new Response(text, { headers: { "content-encoding": "GZIP" } }),
  two: () => new Response(text, { headers: { "content-encoding": "gzip, deflate" } }),
  deflate: () => new Response(text, { headers: { "content-encoding": "deflate" } }),
  other: () => new Response(text, { headers: { "content-encoding": "x-gzip" } }),
  empty: () => new Response("", { headers: packed }),
  none: () => new Response(null, { headers: packed }),
  "not-modified": () => new Response(null, { status: 304, headers: packed }),
  json: () => Response.json({ text }, { headers: packed }),
  length: () => new Response(text, { headers: { ...packed, "Content-Length": text.length } }),
  "set-later": () => {
    const response = new Response(text);
    response.headers.set("content-encoding", "gzip");
    return response;
  },
  redirect: () => new Response("moved", { status: 301, headers: { ...packed, Location: "/" } }),
  blob: () => new Response(new Blob([text, text], { type: "text/x" }), { headers: packed }),
  stream: () => new Response(piped(new IdentityTransformStream(), "one, ", "two"), { headers: packed }),
  script: () => new Response(of("one, ", "two"), { headers: packed }),
  large: () => new Response(of(text.repeat(100), "and ", text.repeat(200)), { headers: packed }),
  fixed: () => new Response(piped(new FixedLengthStream(3), "one"), { headers: packed }),
  "by-hand": async () => new Response(await zipped(), { headers: packed, encodeBody: "manual" }),
  "by-hand-again": async () => {
    const response = new Response(await zipped(), { headers: packed, encodeBody: "manual" });
    return new Response(response.body, response);
  },
  "by-another-name": async () => {
    const name = ["encode", "Body"].join("");
    return new Response(await zipped(), { headers: packed, [name]: "manual" });
  },
  clone: () => new Response(text, { headers: packed, encodeBody: "manual" }).clone(),
  automatic: () => new Response(text, { headers: packed, encodeBody: "automatic" }),
  undefined: () => new Response(text, { headers: packed, encodeBody: undefined }),
  wrong: () => {
    const errors = ["", "Manual", null, 1].map((encodeBody) => {
      try {
        return new Response(text, { encodeBody });
      } catch (error) {
        return `${error}`;
      }
    });
    return Response.json([...errors, "encodeBody" in Response.prototype]);
  },
  read: async () => new Response(await new Response(text, { headers: packed }).text()),
};

export default {
  fetch(request) {
    return answers[new URL(request.url).pathname.slice(1)]();
  },
};
