// Headers out and in.
//> GET / {"headers": {"x-from-client": "1"}}
export default {
  async fetch(request, env) {
    const response = await fetch(`${env.UPSTREAM}/echo?q=%20#fragment`, {
      headers: [
        ["X-One", "1"],
        ["x-one", "2"],
        ["cookie", "a=b"],
        ["authorization", "Bearer t"],
      ],
    });
    const seen = await response.json();
    const cookies = (await fetch(`${env.UPSTREAM}/cookies`)).headers;
    return Response.json([seen, cookies.getSetCookie(), cookies.get("x-multi"), cookies.get("set-cookie")]);
  },
};
