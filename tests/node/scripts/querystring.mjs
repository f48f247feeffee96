import qs from "node:querystring";

export default function ({ is }) {
  const texts = ["a=1&b=2", "a=1&a=2&a=3", "a", "a=", "=b", "&&a=1&", "a=%20+b", "a=%zz", "a=%E4%BD%A0", "a=%ff", "foo=bar&abc=xyz&abc=123", "a=b=c", "__proto__=1"];
  for (const text of texts) is(`parse ${text}`, { ...qs.parse(text) });
  is("parse with separators", { ...qs.parse("a:1;b:2", ";", ":") });
  is("maxKeys", { ...qs.parse("a=1&b=2&c=3", null, null, { maxKeys: 2 }) });
  is("own decoder", { ...qs.parse("a=x", null, null, { decodeURIComponent: (s) => `<${s}>` }) });
  is("prototype", Object.getPrototypeOf(qs.parse("a=1")));
  for (const value of [{ a: 1, b: "x y", c: [1, "2"], d: true, e: null, f: undefined, g: NaN, h: {}, i: 5n }, {}, null, "x", { "ü&=": "ö" }, { a: [] }]) {
    is(`stringify ${typeof value} ${Object.keys(value ?? {})}`, qs.stringify(value));
  }
  is("stringify with separators", qs.stringify({ a: 1, b: [2, 3] }, ";", ":"));
  is("escape", qs.escape("a b&c=d/é'()*!~"));
  is("unescape", [qs.unescape("a%20b"), qs.unescape("%zz"), qs.unescape("a+b")]);
  is("names", [qs.encode === qs.stringify, qs.decode === qs.parse]);
}
