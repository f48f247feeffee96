// Which statuses Response.redirect takes.
//> GET /
export default {
  fetch() {
    const outcome = (status) => {
      try {
        const response = Response.redirect("https://example.com/a b?c=d e#f", status);
        return [response.status, response.headers.get("location"), response.body];
      } catch (error) {
        return error instanceof RangeError ? "RangeError" : error.name;
      }
    };
    return Response.json([undefined, 301, 302, 303, 304, 307, 308, 200, 300, 399, 500, "301"].map(outcome));
  },
};
