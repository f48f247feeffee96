// HTML of strangers without scripts.
import { FilterXSS } from "xss";

const filter = new FilterXSS({
  whiteList: { a: ["href"], b: [] },
  stripIgnoreTag: true,
  stripIgnoreTagBody: ["script"],
});
export default {
  async fetch(request) {
    return new Response(filter.process(await request.text()));
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '<b onclick="x()">a</b><script>alert(1)</script><a href="javascript:x">b</a><a href="/c">c</a><img src=x>',
    answer: '<b>a</b><a href>b</a><a href="/c">c</a>',
  },
];
