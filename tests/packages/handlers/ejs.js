// ejs: a template that was compiled beforehand.
import { escapeXML } from "ejs/lib/utils.js";

// What ejs' `compile` makes with `client`, `strict` and `destructuredLocals`, but for an escapeFn of its own, of
// "<ul><% for (const one of items) { %><li><%= one %></li><% } %></ul><%- raw %>".
function page(locals, escapeFn) {
  var __output = "";
  function __append(s) {
    if (s !== undefined && s !== null) __output += s;
  }
  var __locals = locals || {},
    items = __locals.items,
    raw = __locals.raw;
  __append("<ul>");
  for (const one of items) {
    __append("<li>");
    __append(escapeFn(one));
    __append("</li>");
  }
  __append("</ul>");
  __append(raw);
  return __output;
}

export default {
  async fetch(request) {
    return new Response(page(await request.json(), escapeXML));
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '{"items": ["<a>", "b & c"], "raw": "<hr>"}',
    answer: "<ul><li>&lt;a&gt;</li><li>b &amp; c</li></ul><hr>",
  },
];
