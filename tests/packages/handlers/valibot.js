// Validates and transforms JSON bodies.
import * as v from "valibot";

const Reading = v.object({
  sensor: v.pipe(v.string(), v.regex(/^[a-z]+\d$/)),
  celsius: v.pipe(v.number(), v.minValue(-273.15)),
  at: v.pipe(
    v.string(),
    v.isoTimestamp(),
    v.transform((text) => Date.parse(text)),
  ),
});
export default {
  async fetch(request) {
    const { success, output, issues } = v.safeParse(Reading, await request.json());
    return success ? Response.json(output) : Response.json(v.flatten(issues).nested, { status: 400 });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '{"sensor":"roof1","celsius":20.5,"at":"2026-01-02T03:04:05.000Z"}',
    answer: { sensor: "roof1", celsius: 20.5, at: 1767323045000 },
  },
  {
    method: "POST",
    path: "/",
    body: '{"sensor":"Roof","celsius":-300}',
    status: 400,
    answer: {
      sensor: ['Invalid format: Expected /^[a-z]+\\d$/ but received "Roof"'],
      celsius: ["Invalid value: Expected >=-273.15 but received -300"],
      at: ['Invalid key: Expected "at" but received undefined'],
    },
  },
];
