// White space around values goes, in them it stays; what is no string becomes one.
//> GET /
export default {
  fetch() {
    const headers = new Headers({ a: "  b \t", c: "d  e", f: 12, g: null, h: undefined, i: true, j: ["k", "l"] });
    return Response.json([...headers], { headers });
  },
};
