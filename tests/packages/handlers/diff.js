// Differences of texts, as patches.
import { applyPatch, createPatch, diffWords } from "diff";

export default {
  async fetch(request) {
    const [before, after] = await request.json();
    const patch = createPatch("a.txt", before, after);
    const words = diffWords(before, after)
      .filter((part) => part.added || part.removed)
      .map((part) => part.value);
    return Response.json({ patch: patch.split("\n").slice(2), words, applied: applyPatch(before, patch) === after });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '["one\\ntwo\\nthree\\n","one\\n2\\nthree\\n"]',
    answer: {
      patch: ["--- a.txt", "+++ a.txt", "@@ -1,3 +1,3 @@", " one", "-two", "+2", " three", ""],
      words: ["two", "2"],
      applied: true,
    },
  },
];
