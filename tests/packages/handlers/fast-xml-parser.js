// XML to JSON, and back.
import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser";

const options = { ignoreAttributes: false, attributeNamePrefix: "@" };
export default {
  async fetch(request) {
    const text = await request.text();
    const right = XMLValidator.validate(text);
    if (right !== true) return new Response(`line ${right.err.line}: ${right.err.code}`, { status: 400 });
    const data = new XMLParser(options).parse(text);
    return Response.json({ data, back: new XMLBuilder(options).build(data) });
  },
};

const xml = '<feed v="1"><entry>a &amp; b</entry><entry><![CDATA[<c>]]></entry><n>2.5</n></feed>';
export const requests = [
  {
    method: "POST",
    path: "/",
    body: xml,
    answer: {
      data: { feed: { entry: ["a & b", "<c>"], n: 2.5, "@v": "1" } },
      back: '<feed v="1"><entry>a &amp; b</entry><entry>&lt;c&gt;</entry><n>2.5</n></feed>',
    },
  },
  { method: "POST", path: "/", body: "<a>\n<b></a>", status: 400, answer: "line 2: InvalidTag" },
];
