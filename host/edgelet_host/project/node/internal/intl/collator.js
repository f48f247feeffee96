// Intl.Collator of en-US, over localeCompare.
import { choice, lack, localeOf, named, optionsOf } from "./shared.js";

const { localeCompare } = String.prototype;
const SENSITIVITIES = ["base", "accent", "case", "variant"];

// Numbers with as many digits as the longest one has, so that their order is that of their digits.
const padded = (texts) => {
  const numbers = texts.map((text) => text.replace(/0+(?=\d)/g, (zeros, at) => (/\d/.test(text[at - 1]) ? zeros : "")));
  const lengths = numbers.flatMap((text) => text.match(/\d+/g) ?? []).map((digits) => digits.length);
  const longest = Math.max(0, ...lengths);
  return numbers.map((text) => text.replace(/\d+/g, (digits) => digits.padStart(longest, "0")));
};

class Collator {
  #of;
  #bound;

  constructor(locales = undefined, given = undefined) {
    const locale = localeOf(locales);
    const options = optionsOf(given);
    this.#of = {
      locale,
      usage: choice(options, "usage", ["sort", "search"], "sort"),
      sensitivity: choice(options, "sensitivity", SENSITIVITIES, "variant"),
      ignorePunctuation: Boolean(options.ignorePunctuation),
      collation: "default",
      numeric: Boolean(options.numeric),
      caseFirst: choice(options, "caseFirst", ["upper", "lower", "false"], "false"),
    };
    if (this.#of.caseFirst === "upper") lack("upper case first");
  }

  #key(text) {
    const { sensitivity, ignorePunctuation } = this.#of;
    let key = text;
    if (sensitivity === "base" || sensitivity === "case") key = key.normalize("NFD").replace(/\p{M}/gu, "");
    if (sensitivity === "base" || sensitivity === "accent") key = key.toLowerCase();
    return ignorePunctuation ? key.replace(/[\p{P}\s]/gu, "") : key;
  }

  get compare() {
    this.#bound ??= (one, other) => {
      const texts = [this.#key(`${one}`), this.#key(`${other}`)];
      return localeCompare.call(...(this.#of.numeric ? padded(texts) : texts));
    };
    return this.#bound;
  }

  resolvedOptions() {
    return { ...this.#of };
  }
}

const made = /* @__PURE__ */ named("Collator", Collator, true);
export { made as Collator };
