// HTML entities, both ways.
import he from "he";

export default {
  async fetch(request) {
    const text = await request.text();
    return Response.json([
      he.encode(text, { useNamedReferences: true }),
      he.decode("&lt;&auml;&#x1F600;&notit;&amp"),
      he.escape(text),
    ]);
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: "<é&𝌆>",
    answer: ["&lt;&eacute;&amp;&#x1D306;&gt;", "<ä😀¬it;&", "&lt;é&amp;𝌆&gt;"],
  },
];
