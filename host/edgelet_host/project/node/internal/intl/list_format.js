// Intl.ListFormat of English.
import { choice, localeOf, named, optionsOf } from "./shared.js";

class ListFormat {
  #of;

  constructor(locales = undefined, given = undefined) {
    const locale = localeOf(locales);
    const options = optionsOf(given);
    const type = choice(options, "type", ["conjunction", "disjunction", "unit"], "conjunction");
    this.#of = { locale, type, style: choice(options, "style", ["long", "short", "narrow"], "long") };
  }

  formatToParts(list) {
    const items = Array.from(list ?? [], (item) => {
      if (typeof item !== "string") throw new TypeError("Iterable yielded a value which is not a string");
      return item;
    });
    const { type, style } = this.#of;
    const comma = type === "unit" && style === "narrow" ? " " : ", ";
    const word = type === "disjunction" ? "or" : style === "long" ? "and" : style === "short" ? "&" : "";
    const pair = type === "unit" ? comma : word ? ` ${word} ` : comma;
    const last = type === "unit" || !word ? comma : `, ${word} `;
    return items.flatMap((value, at) => {
      const gap = items.length === 2 ? pair : at === items.length - 1 ? last : comma;
      return [...(at > 0 ? [{ type: "literal", value: gap }] : []), { type: "element", value }];
    });
  }

  format(list) {
    return this.formatToParts(list).map((part) => part.value).join("");
  }

  resolvedOptions() {
    return { ...this.#of };
  }
}

const made = /* @__PURE__ */ named("ListFormat", ListFormat);
export { made as ListFormat };
