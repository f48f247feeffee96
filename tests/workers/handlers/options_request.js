// OPTIONS, and methods of one's own.
//> OPTIONS /
//> OPTIONS *
//> PROPFIND /dav
//> PATCH / {"body": "x"}
//> DELETE /7
export default {
  async fetch(request) {
    return Response.json(
      { method: request.method, path: new URL(request.url).pathname, body: await request.text() },
      { headers: { allow: "OPTIONS, GET" } },
    );
  },
};
