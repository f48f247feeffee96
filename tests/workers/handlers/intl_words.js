// Intl's order of texts, plurals, lists and relative times.
//> GET /
const WORDS = [
  "a", "B", "b", "A", "ä", "z", "a10", "a9", "a09", "a1", "10", "9", "résumé", "resume", "Résumé", "resumé", "", " ",
  "a b", "a-b", "ab", "co-op", "coop",
];
const ORDERS = [
  undefined,
  { numeric: true },
  { sensitivity: "base" },
  { sensitivity: "accent" },
  { sensitivity: "case" },
  { ignorePunctuation: true },
  { numeric: true, sensitivity: "base" },
  { usage: "search" },
];
const COUNTS = [0, 1, 2, 3, 4, 5, 11, 12, 13, 21, 22, 23, 101, 111, 112, 113, 1.5, -1, 1e6, NaN, Infinity, "1"];
const PLURALS = [undefined, { type: "ordinal" }, { minimumFractionDigits: 1 }, { maximumFractionDigits: 0 }];
const LISTS = [[], ["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]];
const TIMES = [-1000, -2, -1, -0, 0, 1, 2, 1.5, 10000];
const UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "years"];
const STYLES = ["long", "short", "narrow"];

const nameOf = (made) => {
  try {
    return made();
  } catch (error) {
    return error.name;
  }
};

const order = (options) => {
  const { compare } = new Intl.Collator("en", options);
  const sorted = WORDS.toSorted(compare);
  const steps = sorted.slice(1).map((word, at) => Math.sign(compare(sorted[at], word)));
  const same = "a10".localeCompare("A9", "en-US", options);
  return [sorted, steps, same, new Intl.Collator("en", options).resolvedOptions()];
};

const lists = (type, style) => {
  const format = new Intl.ListFormat("en", { type, style });
  return [LISTS.map((list) => format.format(list)), format.formatToParts("abc"), format.resolvedOptions()];
};

const relative = (numeric, style) => {
  const format = new Intl.RelativeTimeFormat("en", { numeric, style });
  const texts = UNITS.map((unit) => TIMES.map((value) => format.format(value, unit)));
  return [texts, format.formatToParts(-3, "day"), format.formatToParts(1, "day"), format.resolvedOptions()];
};

export default {
  fetch() {
    const plurals = PLURALS.map((options) => {
      const { select } = Intl.PluralRules.prototype;
      return COUNTS.map((count) => select.call(new Intl.PluralRules("en-US", options), count));
    });
    const wrong = [
      nameOf(() => Intl.PluralRules()),
      nameOf(() => new Intl.ListFormat("en").format([1])),
      nameOf(() => new Intl.RelativeTimeFormat("en").format(1, "x")),
      nameOf(() => new Intl.RelativeTimeFormat("en").format(Infinity, "day")),
      nameOf(() => String.prototype.localeCompare.call(null, "a", "en", {})),
    ];
    return Response.json([
      ORDERS.map(order),
      plurals,
      ["conjunction", "disjunction", "unit"].flatMap((type) => STYLES.map((style) => lists(type, style))),
      ["always", "auto"].flatMap((numeric) => STYLES.map((style) => relative(numeric, style))),
      wrong,
    ]);
  },
};
