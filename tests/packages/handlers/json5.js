// JSON with comments and trailing commas.
import JSON5 from "json5";

export default {
  async fetch(request) {
    try {
      const data = JSON5.parse(await request.text());
      return Response.json({ data, back: JSON5.stringify(data) });
    } catch (error) {
      return new Response(error.message, { status: 400 });
    }
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: "{ // c\n a: 'x', b: [+1, .5, 0xF,], }",
    answer: { data: { a: "x", b: [1, 0.5, 15] }, back: "{a:'x',b:[1,0.5,15]}" },
  },
  { method: "POST", path: "/", body: "{a:}", status: 400, answer: "JSON5: invalid character '}' at 1:4" },
];
