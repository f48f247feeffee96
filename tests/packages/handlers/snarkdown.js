// Markdown to HTML in a kilobyte.
import snarkdown from "snarkdown";

export default {
  async fetch(request) {
    return new Response(snarkdown(await request.text()));
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: "*a* **b** [c](/d) `e`",
    answer: '<em>a</em> <strong>b</strong> <a href="/d">c</a> <code>e</code>',
  },
];
