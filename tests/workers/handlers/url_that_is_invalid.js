// What is no URL is a TypeError.
//> GET /
export default {
  fetch() {
    const inputs = [
      "",
      "a",
      "//a",
      "https://",
      "https://a:99999",
      "https://[::1",
      "https://a b/",
      "https://%zz/",
      "https://1.2.3.256/",
      undefined,
      null,
      {},
    ];
    return Response.json(
      inputs.map((input) => {
        try {
          return new URL(input).href;
        } catch (error) {
          return [error.constructor.name, error instanceof TypeError];
        }
      }),
    );
  },
};
