// Lines of a body, as a generator gives them.
//> POST / {"body": "one\ntwo\r\nthree"}
async function* lines(stream) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split(/\r?\n/);
    rest = parts.pop();
    yield* parts;
  }
  if (rest) yield rest;
}
export default {
  async fetch(request) {
    const found = [];
    for await (const line of lines(request.body)) found.push(line);
    return Response.json(found);
  },
};
