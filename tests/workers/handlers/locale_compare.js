// Texts in the order of people: by letters, then by marks, then by case.
//> GET /
let seed = 1;
const random = (count) => {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return (seed >> 8) % count;
};
const sets = {
  ascii: Array.from({ length: 128 }, (_, i) => String.fromCharCode(i)),
  latin: [..."abcABCzZ \u00e9\u00e8\u00ea\u00eb\u00c9\u00c8\u00fc\u00dc\u00f6\u00e4\u00e5\u00c5\u00f1\u00e7\u010d\u0160\u017e\u00fd\u0105\u0119\u0142\u0141\u00f8\u00d8\u00df\u00e6\u00c6\u0153\u0111\u00fe0123"],
  other: [..."\u0430\u0431\u0432\u0410\u0411\u0451\u03b1\u03b2\u0391\u03ac\u3042\u3044\u6f22\u5b57\u05d0"],
  marks: [..."aoe\u0300\u0301\u0308\u0327"],
};
const word = (set) => Array.from({ length: random(5) }, () => set[random(set.length)]).join("");

export default {
  fetch() {
    const compared = Object.entries({ ...sets, all: Object.values(sets).flat() }).map(([name, set]) => {
      const pairs = Array.from({ length: 300 }, () => [word(set), word(set)]);
      return [name, ...pairs.map(([a, b]) => [a, b, a.localeCompare(b)])];
    });
    const names = ["Zoe", "anna", "Anna", "\u00c4nne", "anne", "\u00e5sa", "Bob", "bob", "stra\u00dfe", "strasse", "10", "9", "a b", "ab", "a-b"];
    return Response.json([
      compared,
      names.toSorted((a, b) => a.localeCompare(b)),
      names.toSorted((a, b) => a.localeCompare(b, "en")),
      "\u00e9".localeCompare("e\u0301", "en-US"),
      "a".localeCompare(),
      "1".localeCompare(1),
    ]);
  },
};
