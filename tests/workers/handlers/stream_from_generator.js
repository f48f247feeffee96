// An async generator is a body.
//> GET /
const encoder = new TextEncoder();
async function* count() {
  for (let i = 0; i < 4; i++) {
    await new Promise((done) => setTimeout(done, 1));
    yield encoder.encode(`${i} `);
  }
}
export default {
  fetch() {
    return new Response(ReadableStream.from(count()), { headers: { "content-type": "text/plain" } });
  },
};
