// toLocaleString and its kin of dates, with a locale and options.
import { DateTimeFormat } from "./date_time_format.js";
import { asked, put } from "./methods_shared.js";

for (const [name, required, defaults] of [
  ["toLocaleString", "any", "all"],
  ["toLocaleDateString", "date", "date"],
  ["toLocaleTimeString", "time", "time"],
]) {
  put(Date.prototype, name, (plain, date, given) => {
    const time = Date.prototype.getTime.call(date);
    if (!asked(given) || Number.isNaN(time)) return plain.call(date);
    return new DateTimeFormat(given[0], given[1], required, defaults).format(time);
  });
}
