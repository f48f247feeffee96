// Regular expressions of today.
//> GET /
export default {
  fetch() {
    return Response.json([
      "2020-01-02".match(/(?<year>\d+)-(?<month>\d+)/).groups,
      "price: $42".match(/(?<=\$)\d+/)[0],
      "a1b2".replace(/(?<l>[a-z])(?<d>\d)/g, "$<d>$<l>"),
      /\p{Lu}/u.test("É"),
      "😀".match(/./u)[0].length,
      /^.$/s.test("\n"),
      "aXbx".split(/x/i),
      /a(?!b)/.test("ac"),
      /(?:)/d.exec("x").indices[0],
      /[\p{L}--[a-z]]/v.test("a"),
      "x".search(/y/),
    ]);
  },
};
