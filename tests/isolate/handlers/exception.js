// thrown: an exception in the middle of work, behind caught ones and finally blocks
import { assert, check, history, report } from "./pristine.js";

class Refused extends Error {
  name = "Refused";
}

function deep(n) {
  try {
    if (n === 0) throw new Refused("too deep", { cause: report });
    return deep(n - 1);
  } finally {
    history.push(n);
  }
}

export default {
  async fetch(request) {
    check(request);
    try {
      deep(5);
    } catch (error) {
      assert(error instanceof Refused && error.cause === report && history.length === 6, "caught");
    }
    globalThis.half = "done";
    Array.prototype.pop = null;
    await null;
    deep(3);
  },
};
