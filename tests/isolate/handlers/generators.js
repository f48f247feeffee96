// done: generators and async generators, one of them left in the middle at module level
import { assert, check, history, report } from "./pristine.js";

function* naturals() {
  let n = 0;
  try {
    for (;;) yield n++;
  } finally {
    history.push(n);
  }
}

const shared = naturals();

async function* slowly(iterable) {
  for (const x of iterable) yield x;
}

export default {
  async fetch(request) {
    check(request);
    assert(shared.next().value === 0 && shared.next().value === 1, "shared");
    let total = 0;
    for (const n of naturals()) {
      if (n > 20) break;
      total += n;
    }
    for await (const n of slowly(naturals().take(5))) total += n;
    assert(total === 220 && history.length === 2, "total " + total);
    const [a, ...rest] = "añ😀";
    assert(a === "a" && rest.length === 2, "spread");
    return report();
  },
};
