// INI files to JSON, and back.
import { parse, stringify } from "ini";

export default {
  async fetch(request) {
    const data = parse(await request.text());
    return Response.json({ data, back: stringify(data) });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: "; a comment\nname = x\n[a.b]\nlist[] = 1\nlist[] = 2\non = true\n",
    answer: {
      data: { name: "x", a: { b: { list: ["1", "2"], on: true } } },
      back: "name=x\n\n[a.b]\nlist[]=1\nlist[]=2\non=true\n",
    },
  },
];
