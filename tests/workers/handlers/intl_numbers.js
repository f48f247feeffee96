// Intl.NumberFormat and toLocaleString of numbers with options.
//> GET /?0
//> GET /?1
//> GET /?2
//> GET /?3
//> GET /?4
//> GET /?5
const NUMBERS = [
  0, -0, 1, -1, 1.5, 2.5, 0.5, 1234, 1234.5, 12345.678, -9876543.21, 0.1, 0.123456, 999.9999, 1e6, 1e9, 1.5e12, 1e15, 
  1e21, 123e-10, NaN, Infinity, -Infinity, 1.005, 2.675, 99.95, 999999, 1500, 15000, 1050,
];
const TEXTS = ["1234567890123456789012345678.5", "1e3", "abc", "", " 12 ", null, undefined, true, "0x10", "-0", "-1.5"];
const ROUNDINGS = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];
const CURRENCIES =
  "AUD BRL CAD CHF CNY CZK DKK GBP HKD HUF ILS INR KRW MXN NOK NZD PHP PLN RUB SEK SGD " +
  "TRY TWD UAH VND XOF";
const OPTIONS = [
  undefined,
  { maximumFractionDigits: 0 },
  { maximumFractionDigits: 2 },
  { minimumFractionDigits: 2 },
  { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  { minimumFractionDigits: 4 },
  { style: "percent" },
  { style: "percent", maximumFractionDigits: 1 },
  { style: "percent", minimumFractionDigits: 2 },
  { style: "currency", currency: "USD" },
  { style: "currency", currency: "EUR" },
  { style: "currency", currency: "JPY" },
  { style: "currency", currency: "CHF" },
  { style: "currency", currency: "XAF" },
  { style: "currency", currency: "KWD" },
  { style: "currency", currency: "usd", currencyDisplay: "code" },
  { style: "currency", currency: "CAD", currencyDisplay: "narrowSymbol" },
  { style: "currency", currency: "USD", currencySign: "accounting" },
  { style: "currency", currency: "USD", minimumFractionDigits: 0 },
  { style: "currency", currency: "USD", maximumFractionDigits: 0 },
  { style: "currency", currency: "USD", signDisplay: "always" },
  { style: "currency", currency: "USD", currencySign: "accounting", signDisplay: "exceptZero" },
  { style: "currency", currency: "USD", notation: "compact" },
  { notation: "compact" },
  { notation: "compact", compactDisplay: "long" },
  { notation: "compact", maximumFractionDigits: 1 },
  { notation: "compact", minimumFractionDigits: 1 },
  { notation: "scientific" },
  { notation: "engineering" },
  { notation: "scientific", maximumFractionDigits: 1 },
  { maximumSignificantDigits: 3 },
  { minimumSignificantDigits: 5 },
  { minimumSignificantDigits: 2, maximumSignificantDigits: 4 },
  { minimumIntegerDigits: 2 },
  { minimumIntegerDigits: 5 },
  { useGrouping: false },
  { useGrouping: "always" },
  { useGrouping: "min2" },
  { useGrouping: true },
  { signDisplay: "always" },
  { signDisplay: "never" },
  { signDisplay: "exceptZero" },
  { signDisplay: "negative" },
  ...ROUNDINGS.map((roundingMode) => ({ roundingMode, maximumFractionDigits: 0 })),
  ...["ceil", "floor", "halfEven"].map((roundingMode) => ({ roundingMode, maximumFractionDigits: 2 })),
  { trailingZeroDisplay: "stripIfInteger", minimumFractionDigits: 2 },
  { notation: "compact", maximumSignificantDigits: 3 },
];
const WRONG = [
  { style: "currency" },
  { style: "x" },
  { maximumFractionDigits: 101 },
  { minimumFractionDigits: 3, maximumFractionDigits: 2 },
  { style: "currency", currency: "dollar" },
  null,
];

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
    const answers = OPTIONS.filter((_, at) => at % 6 === part).map((options) => {
      const format = new Intl.NumberFormat("en-US", options);
      return [
        NUMBERS.map(format.format).join("|"),
        format.formatToParts(-12345.678),
        format.resolvedOptions(),
        (-1234567.891).toLocaleString("en-US", options),
        12345678901234567890n.toLocaleString("en", options),
      ];
    });
    const currencies = part === 0 ? CURRENCIES.split(" ") : [];
    const money = currencies.flatMap((currency) =>
      ["symbol", "narrowSymbol"].map((currencyDisplay) =>
        (-1.5).toLocaleString("en-US", { style: "currency", currency, currencyDisplay }),
      ),
    );
    const plain = Intl.NumberFormat();
    const tags = [`${Intl}`, `${plain}`, plain instanceof Intl.NumberFormat, Intl.NumberFormat.length];
    const wrong = WRONG.map((options) => nameOf(() => new Intl.NumberFormat("en", options)));
    const locales = ["e", "en-", 5, null].map((locale) => nameOf(() => new Intl.NumberFormat(locale)));
    const canonical = Intl.getCanonicalLocales(["EN-us", "de-de", "zh-hANS-cn"]);
    return Response.json([answers, money, tags, wrong, locales, canonical, TEXTS.map(plain.format)], null, 1);
  },
};
