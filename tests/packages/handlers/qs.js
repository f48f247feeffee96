// Nested query strings, both ways.
import qs from "qs";

export default {
  fetch(request) {
    const parsed = qs.parse(new URL(request.url).search, { ignoreQueryPrefix: true });
    return Response.json({ parsed, text: qs.stringify(parsed, { encodeValuesOnly: true, arrayFormat: "brackets" }) });
  },
};

export const requests = [
  {
    path: "/?filter[age][gt]=18&filter[name]=a%20%C3%A9&list[]=1&list[]=2",
    answer: {
      parsed: { filter: { age: { gt: "18" }, name: "a é" }, list: ["1", "2"] },
      text: "filter[age][gt]=18&filter[name]=a%20%C3%A9&list[]=1&list[]=2",
    },
  },
];
