// Names and values that are refused.
//> GET /
export default {
  fetch() {
    const outcome = (name, value) => {
      try {
        const headers = new Headers();
        headers.set(name, value);
        return headers.get(name);
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      outcome("a b", "x"),
      outcome("a:", "x"),
      outcome("a", "b\nc"),
      outcome("a", "b\0c"),
      outcome("a", "b\rc"),
      outcome("!#$%&'*+-.^_`|~9", "x"),
    ]);
  },
};
