// Chunks, read one by one, and by iteration.
//> POST / {"body": "abc"}
export default {
  async fetch(request) {
    const reader = request.body.getReader();
    const chunks = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(...value);
    }
    const numbers = [];
    for await (const n of ReadableStream.from([1, Promise.resolve(2), 3])) numbers.push(n);
    return Response.json([chunks, numbers, await reader.read()]);
  },
};
