// Renders components to HTML on the server.
import { h } from "preact";
import { useMemo } from "preact/hooks";
import { render } from "preact-render-to-string";

function Row({ name, price }) {
  const text = useMemo(() => `${price.toFixed(2)} €`, [price]);
  return h(
    "tr",
    { class: price > 10 ? "dear" : null },
    h("td", null, name),
    h("td", { style: { color: "red" } }, text),
  );
}
const Page = ({ rows }) =>
  h(
    "table",
    { id: "t" },
    rows.map((row) => h(Row, { key: row.name, ...row })),
  );
export default {
  async fetch(request) {
    const html = render(h(Page, { rows: await request.json() }));
    return new Response(`<!doctype html>${html}`, { headers: { "content-type": "text/html;charset=utf-8" } });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '[{"name":"<tea> & milk","price":3},{"name":"saffron","price":12.345}]',
    answer:
      '<!doctype html><table id="t"><tr><td>&lt;tea> &amp; milk</td><td style="color:red;">3.00 €</td></tr>' +
      '<tr class="dear"><td>saffron</td><td style="color:red;">12.35 €</td></tr></table>',
  },
];
