// JSX without a compiler, with Preact.
import htm from "htm";
import { h } from "preact";
import { renderToString } from "preact-render-to-string";

const html = htm.bind(h);
const List = ({ items, children }) =>
  html`<ul>
      ${items.map((item) => html`<li key=${item}>${item}</li>`)}
    </ul>
    ${children}`;
export default {
  async fetch(request) {
    return new Response(renderToString(html`<${List} items=${await request.json()}><hr class="end" /><//>`));
  },
};

export const requests = [
  { method: "POST", path: "/", body: '["a","<b>"]', answer: '<ul><li>a</li><li>&lt;b></li></ul><hr class="end"/>' },
];
