// btoa and atob.
//> GET /
export default {
  fetch() {
    const outcome = (f) => {
      try {
        return f();
      } catch (error) {
        return [error.name, error.code];
      }
    };
    return Response.json([
      ["", "a", "ab", "abc", "\xff\0", 12, null, undefined].map((text) => outcome(() => btoa(text))),
      ["", "YQ==", "YQ", "YWI=", " Y\tW\nJ j ", "YR==", "Y", "Y===", "YQ=", "*", "YW-_", "é"].map((text) =>
        outcome(() => atob(text)),
      ),
      outcome(() => btoa("€")),
      outcome(() => atob(null)),
      outcome(() => btoa()),
    ]);
  },
};
