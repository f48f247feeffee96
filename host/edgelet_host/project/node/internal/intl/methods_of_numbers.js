// toLocaleString of numbers, with a locale and options.
import { asked, put } from "./methods_shared.js";
import { NumberFormat } from "./number_format.js";

for (const prototype of [Number.prototype, BigInt.prototype]) {
  put(prototype, "toLocaleString", (plain, value, given) => {
    const primitive = prototype.valueOf.call(value);
    return asked(given) ? new NumberFormat(...given).format(primitive) : plain.call(value);
  });
}
