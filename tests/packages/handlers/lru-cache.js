// A cache that forgets what was used least.
import { LRUCache } from "lru-cache";

export default {
  async fetch(request) {
    const cache = new LRUCache({ max: 2, ttl: 60000 });
    for (const [key, value] of await request.json()) value === null ? cache.get(key) : cache.set(key, value);
    return Response.json([...cache.entries()]);
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '[["a",1],["b",2],["a",null],["c",3]]',
    answer: [
      ["c", 3],
      ["a", 1],
    ],
  },
];
