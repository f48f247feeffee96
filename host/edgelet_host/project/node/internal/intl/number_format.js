// Intl.NumberFormat of en-US, without units and names of currencies.
import { choice, count, lack, localeOf, named, optionsOf } from "./shared.js";

// Of currencies: those with other than two decimal places, symbols, and symbols where it is clear whose they are.
const NO_CENTS =
  "AFN ALL BIF CLP COP DJF GNF HUF IDR IQD IRR ISK JPY KMF KPW KRW LAK LBP MGA MMK PKR PYG RSD RWF SLL SOS SYP UGX " +
  "VND VUV XAF XOF XPF YER";
const MILLS =
  "BHD JOD KWD LYD OMR TND";
const SYMBOLS =
  "AUDA$ BRLR$ CADCA$ CNYCN¥ EUR€ GBP£ HKDHK$ ILS₪ INR₹ JPY¥ KRW₩ MXNMX$ NZDNZ$ PHP₱ TWDNT$ USD$ VND₫ XAFFCFA " +
  "XCDEC$ XOFF\u202fCFA XPFCFPF";
const NARROW =
  "AFN؋ AMD֏ AOAKz ARS$ AUD$ AZN₼ BAMKM BBD$ BDT৳ BMD$ BND$ BOBBs BSD$ BWPP BZD$ CAD$ CLP$ CNY¥ COP$ CRC₡ CUC$ " +
  "CUP$ CZKKč DKKkr DOP$ EGPE£ FJD$ FKP£ GEL₾ GHSGH₵ GIP£ GNFFG GTQQ GYD$ HKD$ HNLL HRKkn HUFFt IDRRp ISKkr " +
  "JMD$ KGS⃀ KHR៛ KMFCF KPW₩ KYD$ KZT₸ LAK₭ LBPL£ LKRRs LRD$ MGAAr MMKK MNT₮ MURRs MXN$ MYRRM NAD$ NGN₦ NIOC$ " +
  "NOKkr NPRRs NZD$ PKRRs PLNzł PYG₲ RONlei RUB₽ RWFRF SBD$ SEKkr SGD$ SHP£ SRD$ SSP£ STNDb SYP£ THB฿ TOPT$ " +
  "TRY₺ TTD$ TWD$ UAH₴ UYU$ XCD$ ZARR ZMWZK";
const SHORT = ["", "K", "M", "B", "T"];
const LONG = ["", " thousand", " million", " billion", " trillion"];

const symbolOf = (currency, display) => {
  const find = (table) => table.split(" ").find((one) => one.startsWith(currency))?.slice(3);
  if (display === "name") lack("names of currencies");
  return (display === "code" ? undefined : ((display === "narrowSymbol" && find(NARROW)) || find(SYMBOLS))) ?? currency;
};

// {negative, digits, point}: the value is 0.DIGITS times 10 to the point; special: "∞" or "NaN".
const decimalOf = (value) => {
  let text = typeof value === "bigint" ? `${value}` : value;
  if (typeof text === "string" && !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) text = Number(text);
  if (typeof text === "number" && !Number.isFinite(text)) {
    return { negative: text < 0, special: Number.isNaN(text) ? "NaN" : "∞", digits: "", point: 0 };
  }
  text = Object.is(text, -0) ? "-0" : `${text}`.trim();
  const [, sign, whole, , fraction = "", power = "0"] = /^([+-]?)(\d*)(\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text);
  const all = whole + fraction;
  const zeros = /^0*/.exec(all)[0].length;
  const digits = all.slice(zeros).replace(/0+$/, "");
  return { negative: sign === "-", digits, point: digits ? whole.length - zeros + Number(power) : 0 };
};

const UP = {
  ceil: (half, negative) => !negative,
  floor: (half, negative) => negative,
  expand: () => true,
  trunc: () => false,
  halfCeil: (half, negative) => half > 0 || (half === 0 && !negative),
  halfFloor: (half, negative) => half > 0 || (half === 0 && negative),
  halfExpand: (half) => half >= 0,
  halfTrunc: (half) => half > 0,
  halfEven: (half, negative, odd) => half > 0 || (half === 0 && odd),
};

// As many digits as are kept; how the rest compares to a half decides.
const cut = (decimal, kept, mode) => {
  const { negative, digits, point } = decimal;
  if (kept >= digits.length) return decimal;
  const rest = kept < 0 ? "0" : digits.slice(kept);
  const half = rest[0] === "5" && rest.length === 1 ? 0 : rest[0] >= "5" ? 1 : -1;
  let left = digits.slice(0, Math.max(kept, 0));
  const odd = Number(left.at(-1) ?? 0) % 2 === 1;
  let at = point;
  if (UP[mode](half, negative, odd)) {
    const bumped = `${BigInt(left || "0") + 1n}`;
    if (kept <= 0) at = point - kept + 1;
    else if (bumped.length > left.length) at += 1;
    left = bumped;
  }
  left = left.replace(/0+$/, "");
  return { negative, digits: left, point: left ? at : 0 };
};

const GROUPS = /\B(?=(\d{3})+$)/g;

class NumberFormat {
  #of;
  #bound;

  constructor(locales = undefined, given = undefined) {
    const locale = localeOf(locales);
    const options = optionsOf(given);
    const style = choice(options, "style", ["decimal", "percent", "currency", "unit"], "decimal");
    const currency = options.currency === undefined ? undefined : `${options.currency}`.toUpperCase();
    if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) throw new RangeError(`Invalid currency: ${currency}`);
    if (style === "unit") lack("units of numbers");
    if (style === "currency" && currency === undefined) throw new TypeError("style currency needs a currency");
    const of = { locale, numberingSystem: "latn", style };
    if (style === "currency") {
      of.currency = currency;
      of.currencyDisplay = choice(options, "currencyDisplay", ["code", "symbol", "narrowSymbol", "name"], "symbol");
      of.currencySign = choice(options, "currencySign", ["standard", "accounting"], "standard");
      symbolOf(currency, of.currencyDisplay);
    }
    const notation = choice(options, "notation", ["standard", "scientific", "engineering", "compact"], "standard");
    this.#digits(of, options, notation, currency);
    const grouping = options.useGrouping;
    if (grouping === undefined || `${grouping}` === "true" || `${grouping}` === "false") {
      of.useGrouping = notation === "compact" ? "min2" : "auto";
      if (grouping === false || grouping === true) of.useGrouping = grouping && "always";
    } else {
      of.useGrouping = !grouping ? false : choice(options, "useGrouping", ["min2", "auto", "always"]);
    }
    of.notation = notation;
    const compactDisplay = choice(options, "compactDisplay", ["short", "long"], "short");
    if (notation === "compact") of.compactDisplay = compactDisplay;
    of.signDisplay = choice(options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto");
    of.roundingIncrement = count(options, "roundingIncrement", 1, 5000, 1);
    if (of.roundingIncrement !== 1) lack("roundingIncrement");
    of.roundingMode = choice(options, "roundingMode", Object.keys(UP), "halfExpand");
    const priority = choice(options, "roundingPriority", ["auto", "morePrecision", "lessPrecision"], "auto");
    if (priority !== "auto") lack(`roundingPriority ${priority}`);
    of.roundingPriority = of.both ? "morePrecision" : "auto";
    of.trailingZeroDisplay = choice(options, "trailingZeroDisplay", ["auto", "stripIfInteger"], "auto");
    this.#of = of;
  }

  #digits(of, options, notation, currency) {
    const money = of.style === "currency" && notation === "standard";
    const cents = NO_CENTS.includes(currency) ? 0 : MILLS.includes(currency) ? 3 : 2;
    of.minimumIntegerDigits = count(options, "minimumIntegerDigits", 1, 21, 1);
    const asked = (name) => options[name] !== undefined;
    const significant = asked("minimumSignificantDigits") || asked("maximumSignificantDigits");
    const fraction = asked("minimumFractionDigits") || asked("maximumFractionDigits");
    const least = money ? cents : 0;
    const most = money ? cents : of.style === "percent" ? 0 : 3;
    let low = count(options, "minimumFractionDigits", 0, 100);
    let high = count(options, "maximumFractionDigits", 0, 100);
    if (significant) {
      of.minimumSignificantDigits = count(options, "minimumSignificantDigits", 1, 21, 1);
      of.maximumSignificantDigits = count(options, "maximumSignificantDigits", of.minimumSignificantDigits, 21, 21);
    } else if (fraction || notation !== "compact") {
      low ??= Math.min(least, high ?? least);
      high ??= Math.max(most, low);
      if (low > high) throw new RangeError("maximumFractionDigits value is out of range.");
      of.minimumFractionDigits = low;
      of.maximumFractionDigits = high;
    } else {
      Object.assign(of, { minimumFractionDigits: 0, maximumFractionDigits: 0 });
      Object.assign(of, { minimumSignificantDigits: 1, maximumSignificantDigits: 2, both: true });
    }
  }

  #round(decimal) {
    const of = this.#of;
    const places = of.maximumSignificantDigits === undefined || (of.both && decimal.point > 2);
    const kept = places ? decimal.point + of.maximumFractionDigits : of.maximumSignificantDigits;
    return cut(decimal, kept, of.roundingMode);
  }

  // Rounded, and by which power of 10 it has been divided.
  #scaled(decimal) {
    const { notation } = this.#of;
    const step = notation === "scientific" ? 1 : 3;
    const powerOf = (point) => {
      if (notation === "standard" || !decimal.digits) return 0;
      const power = Math.floor((point - 1) / step) * step;
      return notation === "compact" ? Math.min(Math.max(power, 0), 12) : power;
    };
    let power = powerOf(decimal.point);
    let rounded = this.#round({ ...decimal, point: decimal.point - power });
    const again = powerOf(rounded.point + power);
    if (rounded.digits && again > power) {
      power = again;
      rounded = this.#round({ ...decimal, point: decimal.point - power });
    }
    return [rounded, power];
  }

  #number({ digits, point }) {
    const of = this.#of;
    let whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
    let fraction = point < digits.length ? digits.slice(Math.max(point, 0)).padStart(digits.length - point, "0") : "";
    if (of.maximumSignificantDigits === undefined) {
      fraction = fraction.padEnd(of.minimumFractionDigits, "0");
    } else if (!of.both) {
      const used = digits ? point : 1;
      fraction = fraction.padEnd(of.minimumSignificantDigits - used, "0");
    }
    if (of.trailingZeroDisplay === "stripIfInteger" && /^0*$/.test(fraction)) fraction = "";
    whole = whole.padStart(of.minimumIntegerDigits, "0");
    const grouped = of.useGrouping && whole.length > (of.useGrouping === "min2" ? 4 : 3);
    const parts = [];
    for (const group of grouped ? whole.replace(GROUPS, ",").split(",") : [whole]) {
      if (parts.length > 0) parts.push({ type: "group", value: "," });
      parts.push({ type: "integer", value: group });
    }
    if (fraction) parts.push({ type: "decimal", value: "." }, { type: "fraction", value: fraction });
    return parts;
  }

  #power(power) {
    const { notation, compactDisplay } = this.#of;
    if (notation === "compact") {
      const word = (compactDisplay === "long" ? LONG : SHORT)[power / 3];
      const parts = word.startsWith(" ") ? [{ type: "literal", value: " " }] : [];
      return word ? [...parts, { type: "compact", value: word.trim() }] : [];
    }
    const parts = [{ type: "exponentSeparator", value: "E" }];
    if (power < 0) parts.push({ type: "exponentMinusSign", value: "-" });
    return [...parts, { type: "exponentInteger", value: `${Math.abs(power)}` }];
  }

  #sign(negative, zero) {
    const { signDisplay } = this.#of;
    if (signDisplay === "never" || (zero && (signDisplay === "exceptZero" || signDisplay === "negative"))) return "";
    return negative ? "-" : signDisplay === "always" || signDisplay === "exceptZero" ? "+" : "";
  }

  formatToParts(value) {
    const of = this.#of;
    const numeric = typeof value === "string" || typeof value === "bigint" ? value : Number(value);
    let decimal = decimalOf(numeric);
    if (of.style === "percent" && decimal.digits) decimal = { ...decimal, point: decimal.point + 2 };
    const [rounded, power] = decimal.special ? [decimal, 0] : this.#scaled(decimal);
    const kind = decimal.special === "NaN" ? "nan" : "infinity";
    let parts = decimal.special ? [{ type: kind, value: decimal.special }] : this.#number(rounded);
    if (of.notation !== "standard" && !decimal.special) parts.push(...this.#power(power));
    const sign = this.#sign(decimal.negative, kind === "nan" ? true : !decimal.special && !rounded.digits);
    if (of.style === "percent") parts.push({ type: "percentSign", value: "%" });
    if (of.style === "currency") {
      const symbol = symbolOf(of.currency, of.currencyDisplay);
      const gap = /[^\p{S}\p{Z}]$/u.test(symbol) && !decimal.special ? [{ type: "literal", value: "\u00a0" }] : [];
      parts = [{ type: "currency", value: symbol }, ...gap, ...parts];
      if (sign === "-" && of.currencySign === "accounting") {
        return [{ type: "literal", value: "(" }, ...parts, { type: "literal", value: ")" }];
      }
    }
    if (sign) parts.unshift({ type: sign === "-" ? "minusSign" : "plusSign", value: sign });
    return parts;
  }

  get format() {
    this.#bound ??= (value) => this.formatToParts(value).map((part) => part.value).join("");
    return this.#bound;
  }

  formatRange() {
    lack("ranges of numbers");
  }

  formatRangeToParts() {
    lack("ranges of numbers");
  }

  resolvedOptions() {
    const { both, ...of } = this.#of;
    return of;
  }
}

const made = /* @__PURE__ */ named("NumberFormat", NumberFormat, true);
export { made as NumberFormat };
