// They cannot be changed, those of a copy can.
//> GET / {"headers": {"x-a": "1"}}
export default {
  fetch(request) {
    const outcomes = ["set", "append", "delete"].map((method) => {
      try {
        request.headers[method]("x-a", "2");
        return "changed";
      } catch (error) {
        return error.name;
      }
    });
    const copy = new Request(request);
    copy.headers.set("x-a", "3");
    return Response.json([outcomes, request.headers.get("x-a"), copy.headers.get("x-a")]);
  },
};
