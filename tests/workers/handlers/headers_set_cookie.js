// Several Set-Cookie lines stay several.
//> GET /
export default {
  fetch() {
    const response = new Response("set");
    response.headers.append("set-cookie", "a=1; Path=/");
    response.headers.append("Set-Cookie", "b=2; Secure");
    response.headers.append("set-cookie", "a=3, comma");
    const count = response.headers.getSetCookie().length;
    response.headers.set("x-count", String(count));
    return response;
  },
};
