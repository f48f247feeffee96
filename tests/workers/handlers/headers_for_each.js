// What forEach gives its callback.
//> GET /
export default {
  fetch() {
    const headers = new Headers({ b: "2", a: "1" });
    const seen = [];
    headers.forEach(
      function (value, name, list) {
        seen.push([value, name, list === headers, this.mark]);
      },
      { mark: "this" },
    );
    return Response.json([seen, headers.forEach(() => 1) === undefined]);
  },
};
