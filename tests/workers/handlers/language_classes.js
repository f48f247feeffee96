// Private members, accessors, static blocks.
//> GET /
class Counter {
  static #made = 0;
  static {
    this.kind = "counter";
  }
  #count = 0;
  get count() {
    return this.#count;
  }
  set count(value) {
    this.#count = value * 2;
  }
  static has(object) {
    return #count in object;
  }
  constructor() {
    Counter.#made++;
  }
  static get made() {
    return Counter.#made;
  }
}
export default {
  fetch() {
    const counter = new Counter();
    counter.count = 4;
    return Response.json([
      counter.count,
      Counter.has(counter),
      Counter.has({}),
      Counter.made,
      Counter.kind,
      counter?.none?.deep ?? "default",
      `${[..."ab"].entries().next().value}`,
    ]);
  },
};
