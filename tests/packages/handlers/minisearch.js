// Searches texts by words, with prefixes and misspellings.
import MiniSearch from "minisearch";

const index = new MiniSearch({ fields: ["title", "text"], storeFields: ["title"] });
index.addAll([
  { id: 1, title: "Moby Dick", text: "Call me Ishmael. Some years ago..." },
  { id: 2, title: "Zen and the Art", text: "I can see by my watch ..." },
  { id: 3, title: "Neuromancer", text: "The sky above the port was ..." },
]);
export default {
  fetch(request) {
    const found = index.search(new URL(request.url).searchParams.get("q"), { prefix: true, fuzzy: 0.2 });
    return Response.json(found.map(({ id, title, terms }) => ({ id, title, terms })));
  },
};

export const requests = [
  { path: "/?q=ishmaell", answer: [{ id: 1, title: "Moby Dick", terms: ["ishmael"] }] },
  { path: "/?q=neuro", answer: [{ id: 3, title: "Neuromancer", terms: ["neuromancer"] }] },
];
