// URLPattern matches URLs by part, with names, wildcards and regular expressions.
//> GET /?u=https://shop.example.com/books/12%3Fq=1%23top
//> GET /?u=https://example.com/archive.tar.gz
//> GET /?u=http://example.com:8080/a/b/c
//> GET /?u=https://xn--bcher-kva.example/caf%25C3%25A9
//> GET /?u=data:foobar
const PARTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
const PATTERNS = [
  [{ pathname: "/books/:id(\\d+)" }],
  ["https://*.example.com/*"],
  ["/:file.:ext", "https://example.com"],
  [{ pathname: "/x/:rest*" }],
  [{ pathname: "/a{/b}?/:last" }],
  [{ protocol: "http{s}?", hostname: "{*.}?example.com" }],
  [{ hostname: "xn--bcher-kva.example", pathname: "/café" }],
  [{ pathname: "/BOOKS/*" }, { ignoreCase: true }],
  ["data\\:foo*"],
  [{ search: "*q=:value", hash: ":part" }],
];
const WRONG = [[{ pathname: "/(" }], [{ pathname: "/:a/:a" }], ["/no/base"], [{ port: "x" }], [{ pathname: "/:" }], [1]];

const sorted = (groups) => Object.entries(groups).sort(([a], [b]) => (a < b ? -1 : 1));
const shown = (pattern) => PARTS.map((part) => pattern[part]);
const found = (result) => result && PARTS.map((part) => [result[part].input, sorted(result[part].groups)]);

function refusal(args) {
  try {
    return shown(new URLPattern(...args));
  } catch (error) {
    return error.name;
  }
}

export default {
  fetch(request) {
    const url = new URL(request.url).searchParams.get("u");
    const patterns = PATTERNS.map((args) => new URLPattern(...args));
    return Response.json({
      patterns: patterns.map(shown),
      groups: patterns.map((pattern) => pattern.hasRegExpGroups),
      tests: patterns.map((pattern) => pattern.test(url)),
      results: patterns.map((pattern) => found(pattern.exec(url))),
      based: patterns.map((pattern) => found(pattern.exec("books/7", "https://example.com/"))),
      parts: patterns.map((pattern) => pattern.test({ pathname: "/books/3" })),
      wrong: WRONG.map(refusal),
      type: [typeof URLPattern, globalThis.URLPattern === self.URLPattern, typeof globalThis.URLPattern],
    });
  },
};
