// Finds what is nearly right.
import Fuse from "fuse.js";

const books = [
  { title: "Old Man's War" },
  { title: "The Lock Artist" },
  { title: "HTML5" },
  { title: "Right Ho Jeeves" },
];
const fuse = new Fuse(books, { keys: ["title"], includeMatches: true });
export default {
  fetch(request) {
    return Response.json(
      fuse.search(new URL(request.url).searchParams.get("q")).map(({ item, refIndex }) => [item.title, refIndex]),
    );
  },
};

export const requests = [
  { path: "/?q=jeves", answer: [["Right Ho Jeeves", 3]] },
  { path: "/?q=lok", answer: [["The Lock Artist", 1]] },
];
