// What fetch does not take.
//> GET /
export default {
  async fetch(request, env) {
    const outcome = (...args) => {
      try {
        return fetch(...args).then(
          (response) => response.status,
          (error) => error.constructor.name,
        );
      } catch (error) {
        return `thrown ${error.name}`;
      }
    };
    return Response.json([
      await outcome("nonsense"),
      await outcome("ftp://example.com/"),
      await outcome(""),
      await outcome("https://example.com/", { method: "a b" }),
      await outcome(`${env.UPSTREAM}/echo`, { method: "GET", body: "x" }),
      await outcome(`${env.UPSTREAM}/echo`, { headers: { "a b": "c" } }),
    ]);
  },
};
