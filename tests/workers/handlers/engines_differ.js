// What ECMA-262 leaves to engines.
//> GET /
export default {
  fetch() {
    return Response.json([String(new Date(0)), (0.1 + 0.2).toString(36), typeof WebAssembly]);
  },
};
