// Intl.DateTimeFormat of en-US, in UTC and at offsets of it.
import { choice, count, lack, localeOf, named, optionsOf } from "./shared.js";

const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const NUMBER = ["numeric", "2-digit"];
const TEXT = ["narrow", "short", "long"];
const DATE = ["weekday", "year", "month", "day"];
const TIME = ["hour", "minute", "second", "fractionalSecondDigits"];
const STYLES = ["full", "long", "medium", "short"];
const MINUTE = 60_000;

const dateOfStyle = (style) => ({
  weekday: style === "full" ? "long" : undefined,
  year: style === "short" ? "2-digit" : "numeric",
  month: style === "short" ? "numeric" : style === "medium" ? "short" : "long",
  day: "numeric",
});

const timeOfStyle = (style) => ({
  hour: "numeric",
  minute: "2-digit",
  second: style === "short" ? undefined : "2-digit",
  timeZoneName: style === "full" ? "long" : style === "long" ? "short" : undefined,
});

// {name, offset, named}: offset in minutes; named: whether it has a name of its own.
const zoneOf = (given) => {
  const zone = given === undefined ? "UTC" : `${given}`;
  const found = /^([+-])([01]\d|2[0-3]):?([0-5]\d)?$/.exec(zone);
  if (found) {
    const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
    const sign = minutes === 0 ? "+" : found[1];
    return { name: `${sign}${found[2]}:${found[3] ?? "00"}`, offset: sign === "-" ? -minutes : minutes, named: false };
  }
  if (/^(?:utc|etc\/utc|gmt|etc\/gmt|etc\/uct|etc\/zulu|zulu|uct|etc\/universal|universal)$/i.test(zone)) {
    return { name: "UTC", offset: 0, named: true };
  }
  if (!/^[a-z_]+(?:\/[a-z0-9_+-]+)*$/i.test(zone)) throw new RangeError(`Invalid time zone specified: ${zone}`);
  lack(`the time zone ${zone}`);
};

const zoneText = ({ offset, named }, style) => {
  if (named && style === "short") return "UTC";
  if (named && style === "long") return "Coordinated Universal Time";
  if (offset === 0 && !named) return "GMT";
  const hours = Math.floor(Math.abs(offset) / 60);
  const minutes = Math.abs(offset) % 60;
  const long = style.startsWith("long");
  const rest = long || minutes ? `:${`${minutes}`.padStart(2, "0")}` : "";
  return `GMT${offset < 0 ? "-" : "+"}${long ? `${hours}`.padStart(2, "0") : hours}${rest}`;
};

const worded = (words, at, style) => (style === "long" ? words[at] : words[at].slice(0, style === "short" ? 3 : 1));
const numbered = (value, style) => (style === "2-digit" ? `${value % 100}`.padStart(2, "0") : `${value}`);

// The fields that count, of the options of a method which asks for `required` and has `defaults`.
const fieldsOf = (options, required, defaults) => {
  const of = {
    weekday: choice(options, "weekday", TEXT),
    era: choice(options, "era", TEXT),
    year: choice(options, "year", NUMBER),
    month: choice(options, "month", [...NUMBER, ...TEXT]),
    day: choice(options, "day", NUMBER),
    dayPeriod: choice(options, "dayPeriod", TEXT),
    hour: choice(options, "hour", NUMBER),
    minute: choice(options, "minute", NUMBER),
    second: choice(options, "second", NUMBER),
    fractionalSecondDigits: count(options, "fractionalSecondDigits", 1, 3),
    timeZoneName: choice(options, "timeZoneName", [
      "short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric",
    ]),
  };
  if (of.era) lack("eras");
  if (of.dayPeriod) lack("periods of the day");
  const dateStyle = choice(options, "dateStyle", STYLES);
  const timeStyle = choice(options, "timeStyle", STYLES);
  if (dateStyle || timeStyle) {
    const other = Object.keys(of).find((name) => of[name] !== undefined);
    if (other) throw new TypeError(`Can't set option ${other} when ${dateStyle ? "dateStyle" : "timeStyle"} is used`);
    if ((required === "date" && timeStyle) || (required === "time" && dateStyle)) {
      throw new TypeError(`Invalid option : ${required === "date" ? "timeStyle" : "dateStyle"}`);
    }
    return { ...(dateStyle && dateOfStyle(dateStyle)), ...(timeStyle && timeOfStyle(timeStyle)), dateStyle, timeStyle };
  }
  const has = (names) => names.some((name) => of[name] !== undefined);
  const complete = (required !== "time" && has(DATE)) || (required !== "date" && has(TIME));
  if (!complete && defaults !== "time") Object.assign(of, { year: "numeric", month: "numeric", day: "numeric" });
  if (!complete && defaults !== "date") Object.assign(of, { hour: "numeric", minute: "2-digit", second: "2-digit" });
  return of;
};

// CLDR's patterns have two digits where a number is not the first one.
const asShown = (fields, hour12) => {
  const { hour, minute, second } = fields;
  return {
    ...fields,
    hour: hour && !hour12 ? "2-digit" : hour,
    minute: minute && (hour || second ? "2-digit" : "numeric"),
    second: second && (minute ? "2-digit" : "numeric"),
  };
};

const cycleOf = (options, fields) => {
  const cycle = choice(options, "hourCycle", ["h11", "h12", "h23", "h24"]);
  if (fields.hour === undefined) return undefined;
  if (options.hour12 !== undefined) return options.hour12 ? "h12" : "h23";
  return cycle ?? "h12";
};

class DateTimeFormat {
  #of;
  #fields;
  #zone;
  #bound;

  constructor(locales = undefined, given = undefined, required = "any", defaults = "date") {
    const locale = localeOf(locales);
    const options = optionsOf(given);
    for (const name of ["calendar", "numberingSystem"]) {
      if (![undefined, "gregory", "latn"].includes(options[name])) lack(options[name]);
    }
    this.#zone = zoneOf(options.timeZone);
    this.#fields = fieldsOf(options, required, defaults);
    const hourCycle = cycleOf(options, this.#fields);
    this.#of = { locale, calendar: "gregory", numberingSystem: "latn", timeZone: this.#zone.name };
    const hour12 = hourCycle === "h12" || hourCycle === "h11";
    if (hourCycle) Object.assign(this.#of, { hourCycle, hour12 });
    this.#fields = asShown(this.#fields, hour12);
  }

  #date(at) {
    const { weekday, year, month, day } = this.#fields;
    const shown = at.getUTCFullYear() > 0 ? at.getUTCFullYear() : 1 - at.getUTCFullYear();
    const part = {
      weekday: weekday && { type: "weekday", value: worded(DAYS, at.getUTCDay(), weekday) },
      year: year && { type: "year", value: numbered(shown, year) },
      day: day && { type: "day", value: numbered(at.getUTCDate(), day) },
    };
    const isWorded = TEXT.includes(month);
    const value = isWorded ? worded(MONTHS, at.getUTCMonth(), month) : numbered(at.getUTCMonth() + 1, month);
    part.month = month && { type: "month", value };
    const parts = [];
    const put = (name, gap = "") => {
      if (!part[name]) return;
      if (parts.length > 0) parts.push({ type: "literal", value: gap });
      parts.push(part[name]);
    };
    const putAside = (name) => {
      put(name, ` (${name}: `);
      parts.push({ type: "literal", value: ")" });
    };
    if (month && (day || !weekday)) {
      put("weekday");
      put("month", ", ");
      put("day", isWorded ? " " : "/");
      put("year", !isWorded ? "/" : day ? ", " : " ");
      return parts;
    }
    // What nobody writes so, CLDR appends.
    if (month && year) put("month");
    put("year", isWorded ? " " : "/");
    if (day && year) putAside("day");
    else put("day");
    put("weekday", " ");
    if (month && !year) putAside("month");
    return parts;
  }

  #time(at) {
    const { hour, minute, second, fractionalSecondDigits: digits, timeZoneName } = this.#fields;
    const { hourCycle, hour12 } = this.#of;
    const parts = [];
    const put = (type, value) => {
      if (parts.length > 0) parts.push({ type: "literal", value: ":" });
      parts.push({ type, value });
    };
    const hours = at.getUTCHours();
    if (hour) {
      const first = hourCycle === "h12" || hourCycle === "h24" ? 1 : 0;
      const cycle = hour12 ? 12 : 24;
      const value = first && hours % cycle === 0 ? cycle : hours % cycle;
      put("hour", numbered(value, hour));
    }
    if (minute) put("minute", numbered(at.getUTCMinutes(), minute));
    if (second) put("second", numbered(at.getUTCSeconds(), second));
    if (digits) {
      if (parts.length > 0) parts.push({ type: "literal", value: "." });
      const millis = `${at.getUTCMilliseconds()}`.padStart(3, "0");
      parts.push({ type: "fractionalSecond", value: millis.slice(0, digits) });
    }
    if (hour && hour12) {
      parts.push({ type: "literal", value: " " }, { type: "dayPeriod", value: hours < 12 ? "AM" : "PM" });
    }
    if (timeZoneName) {
      if (parts.length > 0) parts.push({ type: "literal", value: " " });
      parts.push({ type: "timeZoneName", value: zoneText(this.#zone, timeZoneName) });
    }
    return parts;
  }

  formatToParts(given) {
    const millis = given === undefined ? Date.now() : Number(given);
    const at = new Date(millis + this.#zone.offset * MINUTE);
    if (!Number.isFinite(new Date(millis).getTime())) throw new RangeError("Invalid time value");
    const [date, time] = [this.#date(at), this.#time(at)];
    if (date.length === 0 || time.length === 0) return [...date, ...time];
    const { weekday, month } = this.#fields;
    const isDay = weekday && date.length === 1 && this.#of.hour12;
    const value = month === "long" ? " at " : isDay ? " " : ", ";
    return [...date, { type: "literal", value }, ...time];
  }

  get format() {
    this.#bound ??= (date) => this.formatToParts(date).map((part) => part.value).join("");
    return this.#bound;
  }

  formatRange() {
    lack("ranges of dates");
  }

  formatRangeToParts() {
    lack("ranges of dates");
  }

  resolvedOptions() {
    const { dateStyle, timeStyle, ...shown } = this.#fields;
    const fields = dateStyle || timeStyle ? { dateStyle, timeStyle } : shown;
    return { ...this.#of, ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) };
  }
}

const made = /* @__PURE__ */ named("DateTimeFormat", DateTimeFormat, true);
export { made as DateTimeFormat };
