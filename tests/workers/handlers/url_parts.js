// All parts of a URL.
//> GET /a/b/../c?d=e&f=g%20h
export default {
  fetch(request) {
    const parts = ({ href, origin, protocol, username, password, host, hostname, port, pathname, search, hash }) => [
      href,
      origin,
      protocol,
      username,
      password,
      host,
      hostname,
      port,
      pathname,
      search,
      hash,
    ];
    return Response.json([
      parts(new URL(request.url)),
      parts(new URL("https://us%40er:pa%3Ass@Example.COM:8443/p/./q/..//r;s?x=1?y#z#")),
      parts(new URL("data:text/plain,hello world")),
      parts(new URL("file:///C|/x")),
      parts(new URL("HTTP://h:80")),
    ]);
  },
};
