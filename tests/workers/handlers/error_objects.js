// Errors, their causes and kin.
//> GET /
class Missing extends Error {
  constructor(what, options) {
    super(`${what} is missing`, options);
    this.name = "Missing";
  }
}
export default {
  fetch() {
    const error = new Missing("it", { cause: new TypeError("because") });
    const many = new AggregateError([error, 1], "many");
    const dom = new DOMException("told", "NotFoundError");
    return Response.json([
      String(error),
      error.cause.message,
      error instanceof Missing,
      Object.prototype.toString.call(error),
      Object.keys(error),
      typeof error.stack,
      many.errors.length,
      many.message,
      dom.name,
      dom.code,
      dom.message,
      String(dom),
      dom instanceof Error,
      new DOMException().name,
      DOMException.ABORT_ERR,
      Error.isError?.(dom),
    ]);
  },
};
