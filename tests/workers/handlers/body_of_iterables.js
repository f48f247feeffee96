// Generators and other iterables are bodies, of bytes; objects that have a text of their own are that.
//> GET /
//> GET /?streamed
const bytes = (text) => new TextEncoder().encode(text);

class Named {
  toString() {
    return "named";
  }
  *[Symbol.iterator]() {
    yield bytes("item");
  }
}

async function* generated(log) {
  try {
    yield bytes("one ");
    await new Promise((done) => setTimeout(done, 1));
    yield bytes("two");
  } finally {
    log?.push("ended");
  }
}

const BODIES = [
  () => [bytes("array")],
  () => new Set([bytes("set")]),
  () => new Map([[1, 2]]),
  () => [Promise.resolve(bytes("promised"))],
  () => ({ *[Symbol.iterator]() { yield bytes("own"); } }),
  () => ({ [Symbol.iterator]: 5 }),
  () => ({ [Symbol.asyncIterator]: undefined }),
  () => new Named(),
  () => Object("boxed"),
  () => new Headers({ a: "b" }),
  () => generated(),
  () => (function* () { yield new ArrayBuffer(2); })(),
  () => (function* () { yield "text"; })(),
  () => (function* () { yield 5; })(),
  () => (function* () { yield new Uint8Array(0); yield bytes("k"); })(),
  () => (async function* () { yield bytes("q"); throw new RangeError("mine"); })(),
];

const read = async (make) => {
  try {
    return await make().text();
  } catch (error) {
    return error.name;
  }
};

export default {
  async fetch(request) {
    if (request.url.endsWith("?streamed")) return new Response(generated());
    const answers = [];
    for (const make of BODIES) {
      answers.push(await read(() => new Response(make())));
      answers.push(await read(() => new Request("http://a.test/", { method: "POST", body: make() })));
    }
    const response = new Response(generated());
    const facts = [response.headers.get("content-type"), response.body instanceof ReadableStream, response.bodyUsed];
    facts.push((await response.clone().text()) + (await response.text()));
    const log = [];
    const reader = new Response(generated(log)).body.getReader();
    await reader.read();
    await reader.cancel();
    return Response.json([answers, facts, log]);
  },
};
