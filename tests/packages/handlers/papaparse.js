// CSV to JSON, and back.
import Papa from "papaparse";

export default {
  async fetch(request) {
    const { data, errors, meta } = Papa.parse(await request.text(), {
      header: true,
      dynamicTyping: true,
      skipEmptyLines: true,
    });
    return Response.json({ data, errors: errors.length, delimiter: meta.delimiter, back: Papa.unparse(data) });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: 'name;n;ok\n"a;b";1.5;true\n"say ""x""";2;false\n\n',
    answer: {
      data: [
        { name: "a;b", n: 1.5, ok: true },
        { name: 'say "x"', n: 2, ok: false },
      ],
      errors: 0,
      delimiter: ";",
      back: 'name,n,ok\r\na;b,1.5,true\r\n"say ""x""",2,false',
    },
  },
];
