// done: chains of async functions, awaited in loops and together
import { assert, check, history, report } from "./pristine.js";

const later = async (value) => value;

async function sum(n) {
  let total = 0;
  for (let i = 1; i <= n; i++) total += await later(i);
  return total;
}

export default {
  async fetch(request) {
    check(request);
    const [a, b, c] = await Promise.all([sum(10), sum(20), Promise.race([later(7), new Promise(() => {})])]);
    assert(a === 55 && b === 210 && c === 7, "sums");
    const settled = await Promise.allSettled([sum(3), Promise.reject(new Error("no"))]);
    assert(settled[1].reason.message === "no", "rejection");
    history.push(a);
    return report();
  },
};
