// Validates and coerces JSON bodies.
import { array, coerce, create, defaulted, number, object, refine, string, StructError } from "superstruct";

const Item = object({
  name: refine(string(), "short", (text) => text.length < 10),
  count: defaulted(
    coerce(number(), string(), (text) => parseFloat(text)),
    1,
  ),
});
export default {
  async fetch(request) {
    try {
      return Response.json(create(await request.json(), array(Item)));
    } catch (error) {
      if (!(error instanceof StructError)) throw error;
      return Response.json({ path: error.path, message: error.message }, { status: 400 });
    }
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '[{"name":"a"},{"name":"b","count":"2.5"}]',
    answer: [
      { name: "a", count: 1 },
      { name: "b", count: 2.5 },
    ],
  },
  {
    method: "POST",
    path: "/",
    body: '[{"name":5}]',
    status: 400,
    answer: { path: [0, "name"], message: "At path: 0.name -- Expected a string, but received: 5" },
  },
];
