// done: promises, timers, jobs and an iterator left behind
import { assert, check, history, report } from "./pristine.js";

export default {
  async fetch(request) {
    check(request);
    const response = report();
    for (let i = 0; i < 20; i++) {
      new Promise((resolve) => history.push(resolve)).then(() => globalThis.late++);
      setTimeout(() => history.push("late"), i);
    }
    setInterval(() => history.push("again"), 1);
    (async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      Object.prototype.late = true;
    })();
    queueMicrotask(() => history.push("job"));
    Promise.reject(new Error("nobody listens"));
    await null;
    assert(history.length === 21 && history[20] === "job", "job " + history.length);
    return response;
  },
};
