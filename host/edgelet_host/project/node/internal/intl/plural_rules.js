// Intl.PluralRules of English.
import { choice, lack, localeOf, named, optionsOf } from "./shared.js";
import { NumberFormat } from "./number_format.js";

const ORDINALS = { 1: "one", 2: "two", 3: "few" };

class PluralRules {
  #of;
  #digits;

  constructor(locales = undefined, given = undefined) {
    const locale = localeOf(locales);
    const options = optionsOf(given);
    const type = choice(options, "type", ["cardinal", "ordinal"], "cardinal");
    this.#digits = new NumberFormat(locale, { ...options, style: "decimal", useGrouping: false, signDisplay: "never" });
    this.#of = { locale, type };
  }

  select(value) {
    const text = this.#digits.format(Number(value));
    if (this.#of.type === "cardinal") return text === "1" ? "one" : "other";
    if (!/^\d+$/.test(text) || /1\d$/.test(text)) return "other";
    return ORDINALS[text.at(-1)] ?? "other";
  }

  selectRange() {
    lack("plurals of ranges");
  }

  resolvedOptions() {
    const { locale, type } = this.#of;
    const pluralCategories = type === "ordinal" ? ["one", "two", "few", "other"] : ["one", "other"];
    const of = this.#digits.resolvedOptions();
    const digits = Object.entries(of).filter(([name]) => /Digits$/.test(name));
    const rounding = Object.entries(of).filter(([name]) => /^rounding|^trailing/.test(name));
    const { notation } = of;
    return { locale, type, notation, ...Object.fromEntries(digits), pluralCategories, ...Object.fromEntries(rounding) };
  }
}

const made = /* @__PURE__ */ named("PluralRules", PluralRules);
export { made as PluralRules };
