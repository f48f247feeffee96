// CSV to JSON.
import { parse } from "csv-parse/browser/esm/sync";

export default {
  async fetch(request) {
    try {
      return Response.json(parse(await request.text(), { columns: true, trim: true, cast: true }));
    } catch (error) {
      return new Response(error.code, { status: 400 });
    }
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: 'a, b\n1 ,"x, y"\n2,é\n',
    answer: [
      { a: 1, b: "x, y" },
      { a: 2, b: "é" },
    ],
  },
  { method: "POST", path: "/", body: "a,b\n1\n", status: 400, answer: "CSV_RECORD_INCONSISTENT_COLUMNS" },
];
