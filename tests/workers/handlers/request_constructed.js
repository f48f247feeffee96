// Requests of one's own.
//> GET /
export default {
  fetch() {
    const outcome = (...args) => {
      try {
        const { method, url, redirect, body, bodyUsed, headers } = new Request(...args);
        return [method, url, redirect, body === null, bodyUsed, [...headers]];
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      outcome("https://EXAMPLE.com/a b#frag"),
      outcome("/relative"),
      outcome(""),
      outcome("https://h", { method: "post", body: "x" }),
      outcome("https://h", { method: "a b" }),
      outcome("https://h", { method: "patch" }),
      outcome("https://h", { body: "x" }),
      outcome("https://h", { method: "HEAD", body: "" }),
      outcome(new URL("https://h/u")),
      outcome("https://h", { headers: { a: "b" } }),
      outcome(new Request("https://h/r", { headers: { c: "d" } }), { method: "PUT" }),
      outcome(),
    ]);
  },
};
