// Query strings with arrays and numbers.
import queryString from "query-string";

export default {
  fetch(request) {
    const parsed = queryString.parse(new URL(request.url).search, { arrayFormat: "comma", parseNumbers: true });
    return Response.json({ parsed, url: queryString.stringifyUrl({ url: "/x?b=1", query: { a: [1, null, "é"] } }) });
  },
};

export const requests = [
  { path: "/?ids=1,2,x&q=%C3%A9", answer: { parsed: { ids: [1, 2, "x"], q: "é" }, url: "/x?a=1&a&a=%C3%A9&b=1" } },
];
