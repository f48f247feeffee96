// A key in a header.
//> GET / {"headers": {"x-api-key": "open sesame"}}
//> GET / {"headers": {"x-api-key": "shut"}}
//> GET /
export default {
  async fetch(request, env) {
    const given = request.headers.get("x-api-key");
    return given === env.PASSWORD
      ? new Response("in")
      : new Response("Sorry, you have supplied an invalid key.", { status: 403 });
  },
};
