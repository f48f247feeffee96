// One body, two readers.
//> POST / {"body": "twice"}
export default {
  async fetch(request) {
    const [one, two] = request.body.tee();
    const texts = await Promise.all([new Response(one).text(), new Response(two).text()]);
    return Response.json([texts, request.bodyUsed, request.body.locked]);
  },
};
