// What is known of the client's request.
//> GET /a?b
//> POST / {"body": "x"}
export default {
  fetch(request) {
    return Response.json([
      request.method,
      request.url,
      request.body === null,
      request.bodyUsed,
      request.redirect,
      request.signal instanceof AbortSignal,
      request.signal.aborted,
      Object.prototype.toString.call(request),
      request instanceof Request,
      Object.keys(request),
    ]);
  },
};
