// YAML to JSON, and back.
import * as yaml from "js-yaml";

export default {
  async fetch(request) {
    try {
      const data = yaml.load(await request.text());
      return Response.json({ data, back: yaml.dump(data) });
    } catch (error) {
      return new Response(`${error.name}: ${error.reason}`, { status: 400 });
    }
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: "a: [1, 0x1f, 'x']\nb:\n  - c: null\n  - >\n    folded\n    text\n",
    answer: {
      data: { a: [1, 31, "x"], b: [{ c: null }, "folded text\n"] },
      back: "a:\n  - 1\n  - 31\n  - x\nb:\n  - c: null\n  - |\n    folded text\n",
    },
  },
  { method: "POST", path: "/", body: "a: [1\nb: 2", status: 400, answer: "YAMLException: deficient indentation" },
];
