// TOML to JSON, and back.
import { parse, stringify } from "smol-toml";

export default {
  async fetch(request) {
    const data = parse(await request.text());
    return Response.json({ data, back: stringify(data) });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: 'title = "é"\n[server]\nports = [80, 443]\nsince = 2026-01-02T03:04:05Z\n[[user]]\nname = \'a"b\'\n',
    answer: {
      data: { title: "é", server: { ports: [80, 443], since: "2026-01-02T03:04:05.000Z" }, user: [{ name: 'a"b' }] },
      back:
        'title = "é"\n\n[server]\nports = [ 80, 443 ]\nsince = 2026-01-02T03:04:05.000Z\n\n' +
        '[[user]]\nname = "a\\"b"\n',
    },
  },
];
