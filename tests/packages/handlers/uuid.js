// UUIDs of all versions.
import { parse, stringify, v4, v5, v7, validate, version } from "uuid";

export default {
  fetch(request) {
    const name = new URL(request.url).searchParams.get("name");
    const id = v7();
    return Response.json({
      v4: version(v4()),
      v7: [version(id), validate(id), stringify(parse(id)) === id],
      v5: v5(name, v5.URL),
      nil: validate("00000000-0000-0000-0000-000000000000"),
    });
  },
};

export const requests = [
  // v5 as Python's uuid5(NAMESPACE_URL, ...) has it.
  {
    path: "/?name=https://www.example.com/",
    answer: { v4: 4, v7: [7, true, true], v5: "3d3ed9d2-aa3d-5fa6-90e8-ed662e90f559", nil: true },
  },
];
