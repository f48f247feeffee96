import url, { domainToASCII, domainToUnicode, fileURLToPath, format, parse, pathToFileURL, resolve, urlToHttpOptions } from "node:url";
import punycode from "node:punycode";

const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

export default function ({ is, throws }) {
  const texts = [
    "http://user:pass@sub.example.com:8080/p/a/t/h?query=string#hash", "/a?b=c", "//host/path", "mailto:a@b.c", "javascript:alert(1)",
    "HTTP://EXAMPLE.com", "x:1", "http://a.com/b c", "http://a.com\\b", "?q", "#h", "", "http://[::1]:80/x", "http://exämple.com/ö",
    "https://a.b/'\"<>`{}|^", "file:///etc/passwd",
  ];
  for (const text of texts) is(`parse ${text}`, sorted(parse(text)));
  is("parse with query", { ...parse("/x?a=1&b=2", true).query });
  is("slashes denote host", parse("//foo/bar", false, true).host);
  throws("parse a number", () => parse(5));
  for (const [from, to] of [["/one/two/three", "four"], ["http://example.com/", "/one"], ["http://example.com/one", "../two"], ["http://a/b/c", "//d/e"], ["a", "b"], ["/a/b/", "?x"], ["http://a/b", "mailto:x@y"]]) {
    is(`resolve ${from} ${to}`, resolve(from, to));
  }
  is("format an object", format({ protocol: "https", hostname: "a.b", port: 8, pathname: "/c", query: { d: [1, 2] }, hash: "e" }));
  is("format a URL", format(new URL("http://a:b@xn--g6w251d.com/x?y#z"), { auth: false, fragment: false, search: false }));
  is("format with unicode", format(new URL("http://xn--g6w251d.com/x"), { unicode: true }));
  is("format text", format("http://a.com:80/b"));
  is("fileURLToPath", [fileURLToPath("file:///a/b%20c"), fileURLToPath(new URL("file:///x"))]);
  throws("fileURLToPath of http", () => fileURLToPath("http://a/b"));
  throws("fileURLToPath with a slash", () => fileURLToPath("file:///a%2fb"));
  is("pathToFileURL", [pathToFileURL("/a b#?%").href, pathToFileURL("/x/").href]);
  is("urlToHttpOptions", (({ protocol, hostname, path, port, auth }) => ({ protocol, hostname, path, port, auth }))(urlToHttpOptions(new URL("https://a:b%20@[::1]:9/c?d"))));
  is("domainToASCII", [domainToASCII("español.com"), domainToASCII("中文.com"), domainToASCII("xn--iñvalid.com")]);
  is("domainToUnicode", [domainToUnicode("xn--espaol-zwa.com"), domainToUnicode("xn--fiq228c.com")]);
  is("classes", [url.URL === URL, url.URLSearchParams === URLSearchParams, typeof url.Url]);
  is("punycode", [punycode.toASCII("mañana.com"), punycode.toUnicode("xn--maana-pta.com"), punycode.encode("☃-⌘"), punycode.decode("--dqo34k"), punycode.ucs2.decode("𝌆")]);
  throws("punycode wrong", () => punycode.decode("\x80"));
}
