// Intl.DateTimeFormat and toLocaleString of dates with options.
//> GET /?0
//> GET /?1
//> GET /?2
//> GET /?3
//> GET /?4
//> GET /?5
const TIMES = [
  0, 1704207845123, 1719878400000, 951782399999, -62135596800000, 253402300799000, 1704153600000, 1704196800000,
  1704200400000,
];
const TWO_DIGITS = { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
const LONG = { year: "numeric", month: "long", day: "numeric" };
const OPTIONS = [
  undefined,
  { dateStyle: "full" },
  { dateStyle: "long" },
  { dateStyle: "medium" },
  { dateStyle: "short" },
  { timeStyle: "full" },
  { timeStyle: "long" },
  { timeStyle: "medium" },
  { timeStyle: "short" },
  { dateStyle: "full", timeStyle: "full" },
  { dateStyle: "long", timeStyle: "short" },
  { dateStyle: "medium", timeStyle: "short" },
  { dateStyle: "short", timeStyle: "medium" },
  { dateStyle: "medium", timeStyle: "short", hour12: false },
  { timeStyle: "short", hourCycle: "h23" },
  { year: "numeric" },
  { month: "long" },
  { month: "short" },
  { month: "numeric" },
  { month: "2-digit" },
  { month: "narrow" },
  { day: "numeric" },
  { day: "2-digit" },
  { weekday: "long" },
  { weekday: "short" },
  { weekday: "narrow" },
  { year: "2-digit" },
  { year: "numeric", month: "long" },
  { year: "numeric", month: "short" },
  { year: "numeric", month: "2-digit" },
  { year: "numeric", month: "numeric" },
  { year: "numeric", month: "long", day: "numeric" },
  { year: "numeric", month: "short", day: "numeric" },
  { year: "numeric", month: "2-digit", day: "2-digit" },
  { year: "2-digit", month: "2-digit", day: "2-digit" },
  { year: "numeric", month: "short", day: "2-digit" },
  { month: "long", day: "numeric" },
  { month: "short", day: "numeric" },
  { month: "numeric", day: "numeric" },
  { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  { weekday: "short", year: "numeric", month: "short", day: "numeric" },
  { weekday: "short", month: "short", day: "numeric" },
  { weekday: "long", month: "long", day: "numeric" },
  { weekday: "short", year: "numeric", month: "numeric", day: "numeric" },
  { weekday: "short", month: "numeric", day: "numeric" },
  { weekday: "long", day: "numeric" },
  { weekday: "short", year: "numeric" },
  { weekday: "long", year: "numeric", month: "long" },
  { year: "numeric", day: "numeric" },
  { hour: "numeric" },
  { hour: "2-digit" },
  { hour: "numeric", minute: "numeric" },
  { hour: "2-digit", minute: "2-digit" },
  { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  { hour: "numeric", minute: "2-digit", hour12: false },
  { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false },
  { hour: "numeric", hour12: false },
  { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  { hour: "2-digit", minute: "2-digit", hourCycle: "h24" },
  { hour: "2-digit", minute: "2-digit", hourCycle: "h11" },
  { minute: "numeric" },
  { minute: "2-digit" },
  { second: "numeric" },
  { second: "2-digit" },
  { minute: "2-digit", second: "2-digit" },
  { minute: "numeric", second: "numeric" },
  { hour: "numeric", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 },
  { second: "numeric", fractionalSecondDigits: 2 },
  { fractionalSecondDigits: 1 },
  { minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 },
  { hour: "numeric", minute: "2-digit", timeZoneName: "short" },
  { timeZoneName: "short" },
  { timeZoneName: "long" },
  { timeZoneName: "shortOffset" },
  { timeZoneName: "longOffset" },
  { timeZoneName: "shortGeneric" },
  { timeZoneName: "longGeneric" },
  { year: "numeric", timeZoneName: "short" },
  { ...TWO_DIGITS, year: "numeric", hour12: false },
  { year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit" },
  { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" },
  { month: "long", day: "numeric", hour: "numeric" },
  { weekday: "short", hour: "numeric" },
  { weekday: "long", hour: "numeric", minute: "2-digit" },
  { weekday: "short", hour: "numeric", hour12: false },
  { day: "numeric", hour: "numeric" },
  { weekday: "long", ...LONG, hour: "numeric", minute: "2-digit", timeZoneName: "short" },
  { timeZone: "UTC" },
  { timeZone: "+05:30", dateStyle: "long", timeStyle: "long" },
  { timeZone: "-0330", timeStyle: "full" },
  { timeZone: "+01", timeZoneName: "longOffset" },
  { timeZone: "GMT" },
  { timeZone: "Etc/UTC", timeZoneName: "long" },
];
const WRONG = [{ dateStyle: "short", year: "numeric" }, { dateStyle: "x" }, { timeZone: "x y" }, { month: "x" }];

const nameOf = (made) => {
  try {
    return made();
  } catch (error) {
    return error.name;
  }
};

export default {
  fetch(request) {
    const part = Number(new URL(request.url).search.slice(1));
    const date = new Date(TIMES[1]);
    const answers = OPTIONS.filter((_, at) => at % 6 === part).map((options) => {
      const format = new Intl.DateTimeFormat("en-US", options);
      return [
        TIMES.map(format.format).join("|"),
        format.formatToParts(date),
        format.resolvedOptions(),
        nameOf(() => date.toLocaleString("en-US", options)),
        nameOf(() => date.toLocaleDateString([], options)),
        nameOf(() => date.toLocaleTimeString(undefined, options)),
      ];
    });
    const plain = Intl.DateTimeFormat();
    const wrong = WRONG.map((options) => nameOf(() => new Intl.DateTimeFormat("en", options)));
    const never = [new Date(NaN).toLocaleString("en-US", { dateStyle: "short" }), nameOf(() => plain.format(NaN))];
    return Response.json([answers, `${plain}`, plain.resolvedOptions().timeZone, wrong, never]);
  },
};
