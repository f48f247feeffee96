// Relative references.
//> GET /dir/page?x
export default {
  fetch(request) {
    const references = [
      "",
      ".",
      "..",
      "./a",
      "../a",
      "/a",
      "//h/a",
      "?q",
      "#f",
      "a:b",
      "a/../../b",
      "http:c",
      "\\x",
      " y ",
      "?q#f",
    ];
    return Response.json(references.map((reference) => new URL(reference, request.url).href));
  },
};
