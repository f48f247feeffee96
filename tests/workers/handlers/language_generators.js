// Generators and async iteration.
//> GET /
function* numbers(limit) {
  let n = 0;
  while (n < limit) if ((yield n++) === "skip") n++;
  return "end";
}
export default {
  async fetch() {
    const iterator = numbers(5);
    const seen = [iterator.next(), iterator.next("skip"), iterator.next(), iterator.return("early"), iterator.next()];
    const symbols = [];
    for await (const one of [Promise.resolve("a"), "b"]) symbols.push(one);
    return Response.json([seen, symbols, [...numbers(3)], Math.max(...numbers(4))]);
  },
};
