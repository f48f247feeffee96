// JSON Patch: compares documents, applies and checks patches.
import jsonpatch from "fast-json-patch";

export default {
  async fetch(request) {
    const { from, to, patch } = await request.json();
    const made = jsonpatch.compare(from, to);
    const wrong = jsonpatch.validate(patch, from);
    return Response.json({ made, applied: jsonpatch.applyPatch(from, made).newDocument, wrong: wrong?.name });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '{"from":{"a":1,"b":[1]},"to":{"b":[1,2],"c":"é"},"patch":[{"op":"remove","path":"/x"}]}',
    answer: {
      made: [
        { op: "add", path: "/b/1", value: 2 },
        { op: "remove", path: "/a" },
        { op: "add", path: "/c", value: "é" },
      ],
      applied: { b: [1, 2], c: "é" },
      wrong: "OPERATION_PATH_UNRESOLVABLE",
    },
  },
];
