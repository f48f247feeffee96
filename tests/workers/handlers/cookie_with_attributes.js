// A cookie's attributes, its date among them.
//> GET /
export default {
  fetch() {
    const expires = new Date(Date.UTC(2030, 0, 2, 3, 4, 5)).toUTCString();
    const parts = [
      "theme=dark",
      "Path=/app",
      "Domain=example.com",
      `Expires=${expires}`,
      "Max-Age=60",
      "Secure",
      "HttpOnly",
    ];
    return new Response(expires, {
      headers: [
        ["set-cookie", parts.join("; ")],
        ["set-cookie", "old=; Max-Age=0"],
      ],
    });
  },
};
