// What URLSearchParams takes.
//> GET /
export default {
  fetch() {
    const outcome = (...init) => {
      try {
        return new URLSearchParams(...init).toString();
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      outcome(),
      outcome("?a=b&c"),
      outcome("??a"),
      outcome({ a: 1, b: [2, 3] }),
      outcome([
        ["a", "b"],
        ["a", "c"],
      ]),
      outcome(new URLSearchParams("x=y")),
      outcome(new Map([["k", "v w"]])),
      outcome([["a"]]),
      outcome("&&a&&"),
      outcome("a=b=c"),
      outcome(null),
      outcome(12),
    ]);
  },
};
