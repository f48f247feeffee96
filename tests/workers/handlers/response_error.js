// Response.error, type, and what may not be sent.
//> GET /
export default {
  fetch() {
    const { type, status, ok, statusText, body, url, headers } = Response.error();
    return Response.json([
      type,
      status,
      ok,
      statusText,
      body,
      url,
      [...headers],
      new Response().type,
      Response.redirect("https://h").type,
      Response.json(1).type,
    ]);
  },
};
