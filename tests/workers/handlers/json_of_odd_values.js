// What can be written as JSON, and what cannot.
//> GET /
export default {
  async fetch() {
    const cycle = {};
    cycle.self = cycle;
    const values = [
      1n,
      cycle,
      null,
      NaN,
      "\ud800",
      new Date(0),
      { toJSON: () => "own" },
      new Map([[1, 2]]),
      [undefined, () => 1],
      { a: undefined, b: 1 },
      new Uint8Array([1, 2]),
      Object.create({ inherited: 1 }),
    ];
    const texts = [];
    for (const value of values) {
      try {
        texts.push(await Response.json(value).text());
      } catch (error) {
        texts.push(error.name);
      }
    }
    return Response.json(texts);
  },
};
