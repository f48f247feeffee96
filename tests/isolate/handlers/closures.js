// done: closures over module state, loops and arguments
import { assert, check, history, report } from "./pristine.js";

const counter = (() => {
  let n = 0;
  return { next: () => ++n };
})();
const cache = {};

export default {
  async fetch(request) {
    check(request);
    assert(counter.next() === 1 && counter.next() === 2, "counter");
    const functions = [];
    for (let i = 0; i < 50; i++) functions.push((x) => x + i);
    assert(functions.reduce((x, f) => f(x), 0) === 1225, "loop");
    assert(Object.keys(cache).length === 0, "cache");
    for (let i = 0; i < 50; i++) cache["key" + i] = functions[i];
    history.push(cache);
    return report();
  },
};
