// An error that is only reported.
//> GET /
export default {
  fetch() {
    const outcome = (...args) => {
      try {
        return reportError(...args) ?? "undefined";
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([outcome(new Error("reported")), outcome("text"), outcome(undefined)]);
  },
};
