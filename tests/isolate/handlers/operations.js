// done: awaits timers that Python resolves, some in the background
import { assert, check, history, report } from "./pristine.js";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export default {
  async fetch(request, env, ctx) {
    check(request);
    const random = new Set();
    for (let i = 0; i < 3; i++) {
      await Promise.all([wait(1), wait(2)]);
      random.add(Math.random());
      history.push(i);
    }
    assert(random.size === 3 && history.join() === "0,1,2", "order");
    ctx.waitUntil(wait(3).then(() => history.push("background")));
    return report();
  },
};
