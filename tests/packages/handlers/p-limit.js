// So many promises at a time.
import pLimit from "p-limit";

export default {
  async fetch() {
    const limit = pLimit(2);
    let running = 0;
    let most = 0;
    const one = (n) =>
      limit(async () => {
        most = Math.max(most, ++running);
        await new Promise((done) => setTimeout(done, 1));
        running--;
        return n * n;
      });
    return Response.json({ results: await Promise.all([1, 2, 3, 4, 5].map(one)), most });
  },
};

export const requests = [{ path: "/", answer: { results: [1, 4, 9, 16, 25], most: 2 } }];
