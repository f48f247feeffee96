// Reads HTML as it comes.
import { Parser } from "htmlparser2";

export default {
  async fetch(request) {
    const links = [];
    let text = "";
    const parser = new Parser({
      onopentag: (name, { href }) => name === "a" && links.push(href),
      ontext: (part) => (text += part),
    });
    const decoder = new TextDecoder();
    for await (const chunk of request.body) parser.write(decoder.decode(chunk, { stream: true }));
    parser.end();
    return Response.json({ links, text });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: "<p>a &eacute; <a href='/x?a=1&amp;b'>é<br></a><a href=y>z",
    answer: { links: ["/x?a=1&b", "y"], text: "a é éz" },
  },
];
