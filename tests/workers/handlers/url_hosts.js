// Hosts in all their forms.
//> GET /
export default {
  fetch() {
    const hosts = [
      "EXAMPLE.com",
      "127.1",
      "0x7f.0.0.1",
      "017700000001",
      "4294967295",
      "[::1]",
      "[1:2::3:4]",
      "[::ffff:1.2.3.4]",
      "a%2eb",
      "xn--mnchen-3ya.de",
      "a.",
      "a_b",
      "a-.b",
    ];
    return Response.json(hosts.map((host) => new URL(`http://${host}/`).host));
  },
};
