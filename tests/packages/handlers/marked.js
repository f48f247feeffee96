// Markdown to HTML.
import { marked } from "marked";

export default {
  async fetch(request) {
    return new Response(marked.parse(await request.text()), { headers: { "content-type": "text/html" } });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: "# Title\n\n- *a* & `b`\n- [c](http://d.example)\n\n| x | y |\n|---|--:|\n| 1 | 2 |\n",
    answer:
      "<h1>Title</h1>\n" +
      '<ul>\n<li><em>a</em> &amp; <code>b</code></li>\n<li><a href="http://d.example">c</a></li>\n</ul>\n' +
      '<table>\n<thead>\n<tr>\n<th>x</th>\n<th align="right">y</th>\n</tr>\n</thead>\n' +
      '<tbody><tr>\n<td>1</td>\n<td align="right">2</td>\n</tr>\n</tbody></table>\n',
    answerHeaders: { "content-type": "text/html" },
  },
];
