// Intl, for esbuild to put in where a bundle names it: each class on its own, and the object where that is asked for.
// Constants that begin with HAS_ are esbuild's to define.
import { Collator } from "./collator.js";
import { DateTimeFormat } from "./date_time_format.js";
import { ListFormat } from "./list_format.js";
import { NumberFormat } from "./number_format.js";
import { PluralRules } from "./plural_rules.js";
import { RelativeTimeFormat } from "./relative_time_format.js";
import { absent, getCanonicalLocales } from "./shared.js";

// What the bundle's text does not name, nobody asks the object for.
const Intl = /* @__PURE__ */ (() => ({
  Collator: HAS_COLLATOR ? Collator : absent("Collator"),
  DateTimeFormat: HAS_DATE_TIME_FORMAT ? DateTimeFormat : absent("DateTimeFormat"),
  DisplayNames: absent("DisplayNames"),
  DurationFormat: absent("DurationFormat"),
  ListFormat: HAS_LIST_FORMAT ? ListFormat : absent("ListFormat"),
  Locale: absent("Locale"),
  NumberFormat: HAS_NUMBER_FORMAT ? NumberFormat : absent("NumberFormat"),
  PluralRules: HAS_PLURAL_RULES ? PluralRules : absent("PluralRules"),
  RelativeTimeFormat: HAS_RELATIVE_TIME_FORMAT ? RelativeTimeFormat : absent("RelativeTimeFormat"),
  Segmenter: absent("Segmenter"),
  getCanonicalLocales,
  [Symbol.toStringTag]: "Intl",
}))();

export {
  Intl as edgelet_Intl,
  Collator as edgelet_Intl_Collator,
  DateTimeFormat as edgelet_Intl_DateTimeFormat,
  ListFormat as edgelet_Intl_ListFormat,
  NumberFormat as edgelet_Intl_NumberFormat,
  PluralRules as edgelet_Intl_PluralRules,
  RelativeTimeFormat as edgelet_Intl_RelativeTimeFormat,
  getCanonicalLocales as edgelet_Intl_getCanonicalLocales,
};
