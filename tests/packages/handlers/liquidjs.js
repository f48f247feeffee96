// Liquid templates, with loops, filters and escaped values.
import { Liquid } from "liquidjs";

const engine = new Liquid({ outputEscape: "escape" });
const template = engine.parse(
  "{% for item in items %}{{ forloop.index }}. {{ item.name | capitalize }}: {{ item.price | times: 2 | round: 1 }}" +
    "{% unless forloop.last %}, {% endunless %}{% else %}nothing{% endfor %}",
);
export default {
  async fetch(request) {
    return new Response(await engine.render(template, await request.json()));
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '{"items":[{"name":"tea <b>","price":1.26},{"name":"milk","price":2}]}',
    answer: "1. Tea &lt;b&gt;: 2.5, 2. Milk: 4",
  },
  { method: "POST", path: "/", body: '{"items":[]}', answer: "nothing" },
];
