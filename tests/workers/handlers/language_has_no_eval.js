// Code from text is refused, in a way that programs can catch.
//> GET /
export default {
  fetch() {
    const outcome = (make) => {
      try {
        return make();
      } catch (error) {
        return [error.name, error instanceof Error];
      }
    };
    return Response.json([outcome(() => new Function("return 1")()), outcome(() => eval("1"))]);
  },
};
