// Setting parts.
//> GET /
export default {
  fetch() {
    const changed = (start, change) => {
      const url = new URL(start);
      Object.assign(url, change);
      return url.href;
    };
    return Response.json([
      changed("https://a.example/b?c#d", { pathname: "x y/z", search: "q=ü", hash: "" }),
      changed("https://a.example/", { host: "b.example:444" }),
      changed("https://a.example:444/", { port: "443" }),
      changed("https://a.example/", { port: "99999" }),
      changed("https://a.example/", { protocol: "http" }),
      changed("https://a.example/", { protocol: "foo" }),
      changed("https://a.example/", { username: "u@", password: ":p" }),
      changed("https://a.example/", { hostname: "bad host" }),
      changed("mailto:a@b", { pathname: "c" }),
      changed("https://a.example/?x", { search: "" }),
    ]);
  },
};
