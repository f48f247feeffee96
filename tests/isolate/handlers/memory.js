// memory: more than the arena holds
import { check, history } from "./pristine.js";

export default {
  async fetch(request) {
    check(request);
    for (let i = 0; ; i++) {
      try {
        history.push(new Array(100).fill({ i }), "text".repeat(i), new Uint8Array(i), new Map([[i, history]]));
        globalThis["leak" + i] = history;
      } catch {
        Array.prototype.fill = null;
      }
    }
  },
};
