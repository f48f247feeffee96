// What the constructor takes.
//> GET /
export default {
  fetch() {
    const outcome = (...init) => {
      try {
        return [...new Headers(...init)];
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      outcome(),
      outcome(undefined),
      outcome({ a: 1, A: 2 }),
      outcome([
        ["a", "1"],
        ["a", "2"],
      ]),
      outcome(new Headers({ x: "y" })),
      outcome(new Map([["m", "n"]])),
      outcome([["a"]]),
      outcome([["a", "b", "c"]]),
      outcome([]),
      outcome({}),
    ]);
  },
};
