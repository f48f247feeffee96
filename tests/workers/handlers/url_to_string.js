// A URL where text is wanted.
//> GET /x?y
export default {
  fetch(request) {
    const url = new URL(request.url);
    return Response.json([
      `${url}`,
      url + "",
      JSON.stringify({ url }),
      String(url),
      url.toJSON(),
      Object.prototype.toString.call(url),
      Object.keys(url),
    ]);
  },
};
