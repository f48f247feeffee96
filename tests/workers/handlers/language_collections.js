// Newer methods of collections.
//> GET /
export default {
  fetch() {
    const groups = Object.groupBy([1, 2, 3, 4], (n) => (n % 2 ? "odd" : "even"));
    const [a, b] = [new Set([1, 2, 3]), new Set([2, 3, 4])];
    return Response.json([
      groups,
      [...Map.groupBy("abca", (c) => c)].length,
      [...a.union(b)],
      [...a.intersection(b)],
      [...a.difference(b)],
      a.isSubsetOf(b),
      [3, 1, 2].toSorted(),
      [1, 2, 3].toReversed(),
      [1, 2, 3].with(1, 9),
      [1, 2, 3, 4].findLast((n) => n % 2),
      [..."ab".matchAll(/./g)].length,
      [1, [2, [3, [4]]]].flat(Infinity),
      Object.fromEntries([["a", 1]]),
      [1, 2, 3]
        .values()
        .map((n) => n * 2)
        .filter((n) => n > 2)
        .toArray(),
      Array.from({ length: 2 }, (_, i) => i),
    ]);
  },
};
