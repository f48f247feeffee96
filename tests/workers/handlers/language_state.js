// The module's top level ran once; what a request changes in it, another one may or may not see.
//> GET /
const loaded = [1, 2, 3].map((n) => n * n);
let undefinedYet;
export default {
  fetch() {
    undefinedYet ??= "set";
    return Response.json([loaded, undefinedYet, typeof import.meta, typeof this]);
  },
};
