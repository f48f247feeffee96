// URL.canParse and URL.parse.
//> GET /
export default {
  fetch() {
    const inputs = [
      ["https://a"],
      ["a"],
      ["a", "https://b"],
      ["//", "https://b"],
      ["", "https://b/c?d"],
      ["https://a:b"],
      ["x:y"],
    ];
    return Response.json(inputs.map((input) => [URL.canParse(...input), URL.parse(...input)?.href ?? null]));
  },
};
