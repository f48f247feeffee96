// Merges settings.
import merge from "deepmerge";

const defaults = { server: { port: 80, names: ["a"] }, debug: false };
export default {
  async fetch(request) {
    return Response.json(merge(defaults, await request.json()));
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '{"server":{"port":8080,"names":["b"]}}',
    answer: { server: { port: 8080, names: ["a", "b"] }, debug: false },
  },
];
