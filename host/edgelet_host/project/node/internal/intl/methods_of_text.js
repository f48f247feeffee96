// localeCompare, with a locale and options.
import { Collator } from "./collator.js";
import { asked, put } from "./methods_shared.js";

put(String.prototype, "localeCompare", (plain, text, [other, ...given]) => {
  if (text === undefined || text === null || !asked(given)) return plain.call(text, other);
  return new Collator(...given).compare(text, other);
});
