// A redirect of one's own, with a cookie.
//> GET /login?user=ann
//> GET /
//> GET / {"headers": {"cookie": "user=ann"}}
export default {
  fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/login") {
      return new Response(null, {
        status: 303,
        headers: { location: new URL("/", url).href, "set-cookie": `user=${url.searchParams.get("user")}; HttpOnly` },
      });
    }
    return new Response(`hello ${/user=(\w+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? "stranger"}`);
  },
};
