// Groups, chunks, waits.
import { camelCase, chunk, delay, groupBy, isEqual, memoize, omit, uniqBy } from "es-toolkit";

export default {
  async fetch(request) {
    const people = await request.json();
    const square = memoize((n) => n * n);
    await delay(1);
    return Response.json({
      groups: Object.keys(groupBy(people, (one) => one.city)),
      cities: uniqBy(people, (one) => one.city).map((one) => omit(one, ["city"])),
      chunks: chunk([1, 2, 3], 2),
      text: camelCase("some kebab-case_text"),
      same: isEqual(people, structuredClone(people)),
      squares: [square(3), square(3)],
    });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '[{"name":"a","city":"Bern"},{"name":"b","city":"Bern"},{"name":"c","city":"Rom"}]',
    answer: {
      groups: ["Bern", "Rom"],
      cities: [{ name: "a" }, { name: "c" }],
      chunks: [[1, 2], [3]],
      text: "someKebabCaseText",
      same: true,
      squares: [9, 9],
    },
  },
];
