// stack: recursion without end through natives and getters
import { check, history } from "./pristine.js";

const object = {
  get again() {
    return [this].map((o) => o.again);
  },
};

export default {
  async fetch(request) {
    check(request);
    history.push(object);
    return object.again;
  },
};
