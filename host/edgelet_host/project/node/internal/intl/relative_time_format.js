// Intl.RelativeTimeFormat of English.
import { choice, localeOf, named, optionsOf } from "./shared.js";
import { NumberFormat } from "./number_format.js";

const UNITS = {
  second: ["sec.", "s"],
  minute: ["min.", "m"],
  hour: ["hr.", "h"],
  day: ["day", "d"],
  week: ["wk.", "w"],
  month: ["mo.", "mo"],
  quarter: ["qtr.", "q"],
  year: ["yr.", "y"],
};

const wordFor = (unit, value, style) => {
  if (unit === "day") return ["yesterday", "today", "tomorrow"][value + 1];
  if (unit === "second") return value === 0 ? "now" : undefined;
  if (unit === "hour" || unit === "minute") return value === 0 ? `this ${unit}` : undefined;
  const name = style === "long" ? unit : UNITS[unit][0];
  return ["last", "this", "next"][value + 1] && `${["last", "this", "next"][value + 1]} ${name}`;
};

class RelativeTimeFormat {
  #of;
  #number;

  constructor(locales = undefined, given = undefined) {
    const locale = localeOf(locales);
    const options = optionsOf(given);
    const style = choice(options, "style", ["long", "short", "narrow"], "long");
    const numeric = choice(options, "numeric", ["always", "auto"], "always");
    this.#of = { locale, style, numeric, numberingSystem: "latn" };
    this.#number = new NumberFormat(locale);
  }

  formatToParts(given, name) {
    const value = Number(given);
    const unit = `${name}`.replace(/s$/, "");
    if (!Object.hasOwn(UNITS, unit)) throw new RangeError(`Invalid unit argument for format() '${name}'`);
    if (!Number.isFinite(value)) throw new RangeError("Invalid number value");
    const { style, numeric } = this.#of;
    const word = numeric === "auto" ? wordFor(unit, value, style) : undefined;
    if (word !== undefined) return [{ type: "literal", value: word }];
    const past = value < 0 || Object.is(value, -0);
    const number = this.#number.formatToParts(Math.abs(value)).map((part) => ({ ...part, unit }));
    const one = this.#number.format(Math.abs(value)) === "1";
    let shown = ` ${style === "long" ? unit : UNITS[unit][0]}`;
    if (style === "narrow") shown = UNITS[unit][1];
    else if (!one && (style === "long" || unit === "day")) shown += "s";
    else if (!one && unit === "quarter") shown = " qtrs.";
    if (past) return [...number, { type: "literal", value: `${shown} ago` }];
    return [{ type: "literal", value: "in " }, ...number, { type: "literal", value: shown }];
  }

  format(value, unit) {
    return this.formatToParts(value, unit).map((part) => part.value).join("");
  }

  resolvedOptions() {
    return { ...this.#of };
  }
}

const made = /* @__PURE__ */ named("RelativeTimeFormat", RelativeTimeFormat);
export { made as RelativeTimeFormat };
