// HEAD has the headers of GET.
//> HEAD /
//> GET /
//> HEAD /stream
export default {
  fetch(request) {
    const headers = { "x-method": request.method };
    if (new URL(request.url).pathname === "/stream")
      return new Response(ReadableStream.from([new Uint8Array(3)]), { headers });
    return new Response("the body", { headers });
  },
};
