// done: classes with private state and statics, Proxy, Reflect, Symbol, getters
import { assert, check, history, report } from "./pristine.js";

class Counter {
  static #made = 0;
  static made = () => Counter.#made;
  #n = 0;
  constructor() {
    Counter.#made++;
  }
  get n() {
    return this.#n++;
  }
  *[Symbol.iterator]() {
    while (this.#n < 3) yield this.n;
  }
}

export default {
  async fetch(request) {
    check(request);
    assert(Counter.made() === 0, "static state");
    assert([...new Counter()].join() === "0,1,2" && Counter.made() === 1, "iterate");
    const log = [];
    const proxy = new Proxy({}, { get: (target, key) => log.push(key), has: () => true });
    assert(proxy.a === 1 && proxy.b === 2 && "c" in proxy, "proxy");
    assert(Symbol.for("shared") === Symbol.for("shared"), "symbol");
    Symbol.prototype.leak = history;
    Counter.prototype[Symbol.iterator] = null;
    history.push(log);
    return report();
  },
};
