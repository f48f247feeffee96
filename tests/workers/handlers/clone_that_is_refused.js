// What structuredClone does not take.
//> GET /
export default {
  fetch() {
    const outcome = (value, options) => {
      try {
        structuredClone(value, options);
        return "cloned";
      } catch (error) {
        return [error.name, error.code, error instanceof DOMException];
      }
    };
    class Point {
      constructor() {
        this.x = 1;
      }
    }
    return Response.json([
      outcome(() => 1),
      outcome(Symbol("a")),
      outcome({ f() {} }),
      outcome(new WeakMap()),
      outcome(Promise.resolve()),
      Object.getPrototypeOf(structuredClone(new Point())) === Object.prototype,
      outcome({
        get a() {
          throw new TypeError("x");
        },
      })[0],
    ]);
  },
};
