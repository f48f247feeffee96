// cpu: a native that never polls for interrupts, inside catch and finally
import { check, history } from "./pristine.js";

export default {
  async fetch(request) {
    check(request);
    for (;;) {
      try {
        history.push(1);
        Array.prototype.reverse.call({ length: Number.MAX_SAFE_INTEGER });
      } catch {
        continue;
      } finally {
        continue;
      }
    }
  },
};
