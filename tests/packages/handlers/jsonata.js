// Queries and transforms JSON with expressions.
import jsonata from "jsonata";

export default {
  async fetch(request) {
    const expression = jsonata(new URL(request.url).searchParams.get("q"));
    return Response.json(await expression.evaluate(await request.json()));
  },
};

export const requests = [
  {
    method: "POST",
    path: "/?q=" + encodeURIComponent('{"total": $sum(items.(price * n)), "names": items[n > 1].$uppercase(name)}'),
    body: '{"items":[{"name":"a","price":1.5,"n":2},{"name":"b","price":2,"n":1},{"name":"c","price":1,"n":3}]}',
    answer: { total: 8, names: ["A", "C"] },
  },
];
