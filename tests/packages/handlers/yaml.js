// YAML to JSON, and back with comments kept.
import { parse, parseDocument } from "yaml";

export default {
  async fetch(request) {
    const text = await request.text();
    if (request.method === "POST") return Response.json(parse(text));
    const document = parseDocument(text);
    document.setIn(["server", "port"], 8080);
    return new Response(String(document));
  },
};

const text =
  "# how it listens\nserver: &s\n  port: 80 # HTTP\n  names: [a, b]\nother:\n  <<: *s\n  text: |\n    two\n    lines\n";
export const requests = [
  {
    method: "POST",
    path: "/",
    body: text,
    answer: {
      server: { port: 80, names: ["a", "b"] },
      other: { "<<": { port: 80, names: ["a", "b"] }, text: "two\nlines\n" },
    },
  },
  {
    method: "PUT",
    path: "/",
    body: "# kept\nserver:\n  port: 80 # HTTP\n",
    answer: "# kept\nserver:\n  port: 8080 # HTTP\n",
  },
];
