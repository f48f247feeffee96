// cpu: an endless loop that changes what it can reach
import { check, history } from "./pristine.js";

export default {
  async fetch(request) {
    check(request);
    Object.prototype.polluted = true;
    for (let i = 0; ; i++) {
      history[i & 63] = { i };
      String.prototype["x" + (i & 63)] = i;
    }
  },
};
