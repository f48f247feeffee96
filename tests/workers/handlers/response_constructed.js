// Responses and their defaults.
//> GET /
export default {
  fetch() {
    const tell = ({ status, ok, statusText, type, url, redirected, bodyUsed, body, headers }) => [
      status,
      ok,
      statusText,
      type,
      url,
      redirected,
      bodyUsed,
      body === null,
      [...headers],
    ];
    return Response.json([
      tell(new Response()),
      tell(new Response("")),
      tell(new Response(null, { status: 404 })),
      tell(new Response("x", { status: 299, statusText: "Yes", headers: { a: "b" } })),
      tell(new Response(undefined, {})),
      tell(new Response("x", new Response(null, { status: 201, headers: { c: "d" } }))),
      Object.prototype.toString.call(new Response()),
      Response.length,
      new Response() instanceof Response,
    ]);
  },
};
