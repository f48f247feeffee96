// JSON, and the header that goes with it.
//> GET /
//> HEAD /
export default {
  fetch() {
    return Response.json({ hello: "wörld", list: [1, 2.5, -0, 1e21, null, true], nested: { empty: {} } });
  },
};
