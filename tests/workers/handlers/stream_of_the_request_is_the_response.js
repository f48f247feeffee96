// A body is handed on.
//> POST / {"headers": {"content-type": "text/x-echo"}, "body": "echo"}
//> GET /
export default {
  fetch(request) {
    return new Response(request.body, {
      headers: {
        "x-had-body": String(request.body !== null),
        "content-type": request.headers.get("content-type") ?? "none",
      },
    });
  },
};
