// Names are sorted and in lower case, values of one name joined, but for Set-Cookie.
//> GET /
export default {
  fetch() {
    const headers = new Headers([
      ["X-B", "1"],
      ["set-cookie", "a=1"],
      ["Accept", "x"],
      ["x-b", "2"],
      ["Set-Cookie", "b=2"],
      ["X-A", ""],
    ]);
    return Response.json({
      entries: [...headers],
      keys: [...headers.keys()],
      values: [...headers.values()],
      cookies: headers.getSetCookie(),
      get: [headers.get("x-b"), headers.get("SET-COOKIE"), headers.get("x-a"), headers.get("none")],
      tag: Object.prototype.toString.call(headers),
    });
  },
};
