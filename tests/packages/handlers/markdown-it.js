// Markdown to HTML with typographic quotes, links and tables.
import MarkdownIt from "markdown-it";

const markdown = new MarkdownIt({ linkify: true, typographer: true });
export default {
  async fetch(request) {
    return new Response(markdown.render(await request.text()));
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '## "Quoted" -- http://example.com/x\n\n1. **b** <script>\n2. ~~gone~~ (c)\n',
    answer:
      '<h2>“Quoted” – <a href="http://example.com/x">http://example.com/x</a></h2>\n' +
      "<ol>\n<li><strong>b</strong> &lt;script&gt;</li>\n<li><s>gone</s> ©</li>\n</ol>\n",
  },
];
