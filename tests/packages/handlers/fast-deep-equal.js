// Whether two values are the same.
import equal from "fast-deep-equal";

export default {
  async fetch(request) {
    const [a, b] = await request.json();
    return Response.json([equal(a, b), equal(new Date(1), new Date(1)), equal(/a/g, /a/i)]);
  },
};

export const requests = [
  { method: "POST", path: "/", body: '[{"a":[1,{"b":null}]},{"a":[1,{"b":null}]}]', answer: [true, true, false] },
  { method: "POST", path: "/", body: '[{"a":[1]},{"a":[2]}]', answer: [false, true, false] },
];
