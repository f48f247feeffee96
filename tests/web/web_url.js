// What URL makes of many inputs, as lines of text: the same script runs in Node and in the firmware.
// Domains outside ASCII are left out (the firmware refuses them, Node maps them).

const PROPERTIES = [
  "href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash",
];

const BASES = [
  undefined, "http://user:pw@example.com:8080/a/b/c?q=1#f", "https://x.test", "file:///C:/dir/file.txt", "file://host/share/x",
  "mailto:someone@example.com", "data:text/plain,hi", "foo://host:9/p/q?x#y", "foo:/p/q", "web+demo:/.//not-a-host/",
];

const INPUTS = [
  "", " ", "#", "?", "/", "//", "///", "////x/y", ".", "..", "./", "../", "a", "a/b", "/a/../b", "/a/./b/", "/.//p",
  "a/../../../b", "%2e", "%2E%2e/x", ".%2e", "%2e./y", "?x y", "?a'b", "#a b`<>", "http:", "http:/", "http://",
  "http:x", "http:/x", "http:///x", "http:\\\\x\\y", "https:x", "https:/x/y", "HTTP://EXAMPLE.COM:80/%7Efoo/%7efoo", "https://h:443/",
  "https://h:444", "http://h:", "http://h:/p", "http://h:65535", "http://h:65536", "http://h:0", "http://h:00080/", "http://h:8a",
  "http://u@h", "http://u:@h", "http://:p@h", "http://@h", "http://u:p:q@h", "http://a@b@c/d", "http://u@/x", "http://:80",
  "http://u:p@:80/", "http://%41%2eCOM", "http://a%00b", "http://a b", "http://a<b", "http://a%3Cb", "http://a^b", "http://a|b",
  "http://1.2.3.4", "http://1.2.3", "http://1.2", "http://1", "http://256", "http://1.256", "http://1.2.3.256", "http://256.1.1.1",
  "http://0x7f.1", "http://0X7F.0x1", "http://017700000001", "http://08", "http://1.2.3.4.", "http://1.2.3.4..", "http://1.2.3.4.5",
  "http://4294967295", "http://4294967296", "http://0x100000000", "http://a.1", "http://a.0x", "http://a.0xg", "http://0x.", "http://1..2",
  "http://[::1]", "http://[::]", "http://[1::]", "http://[1:2:3:4:5:6:7:8]", "http://[1:2:3:4:5:6:7:8:9]", "http://[1:2:3:4:5:6:7::]",
  "http://[::2:3:4:5:6:7:8]", "http://[1::2:3:4:5:6:7:8]", "http://[::1:2:3:4:5:6:7:8]", "http://[1:0:0:2:0:0:0:3]", "http://[0:0:1:0:0:1:0:0]",
  "http://[::1.2.3.4]", "http://[::ffff:192.168.0.1]:80/", "http://[1:2:3:4:5:6:1.2.3.4]", "http://[1:2:3:4:5:6:7:1.2.3.4]",
  "http://[::1.2.3]", "http://[::1.2.3.256]", "http://[::01.2.3.4]", "http://[::1.2.3.4.5]", "http://[::1.2.3.4:1]", "http://[:1]",
  "http://[1:]", "http://[:::]", "http://[::1", "http://::1]", "http://[::g]", "http://[12345::]", "http://[::ABCD]", "http://[]",
  "http://[::1]x", "http://[::1]:81x", "foo://[::1]:81/", "foo://h:80", "foo://H%41 b", "foo://a b", "foo://a%zz/", "foo:///x", "foo://",
  "foo:", "foo:x y", "foo:x?y z#w v", "foo:/x/../y", "foo:x/../y", "foo:/.//x", "foo://h/..//x", "foo:\\x", "FOO:X",
  "1foo:x", "f+o-o.1:x", "f_o:x", "mailto:a@b?c", "data:,a b", "javascript:alert('x y')", "blob:https://h:443/x", "blob:foo", "blob:ftp://h/x",
  "file:", "file:/", "file://", "file:///", "file:////x", "file:x", "file:/x", "file://h/x", "file://localhost/x", "file://LOCALHOST",
  "file:C:", "file:/C|/x", "file:///C|/../..", "file://C:/x", "file:///c:/../d", "C|/x", "C|", "C|x", "/C:/y", "//C:/y", "file:?q", "file:#f",
  "file:///D:/a/../../b", "file://h:80/", "file://u@h/", "file:..", "ws://h:80", "wss://h:443/x", "ws:h", "ftp://h:21/x", "ftp:h",
  "ht\ttp://ex\nample.c\rom/a\tb", "\u0000 http://h \u001f", "http://h/\u00e9?\u00e9#\u00e9", "http://h/\ud83d\ude00", "http://h/\ud800x",
  "http://h/%", "http://h/%zz", "http://h/a\\b?c\\d#e\\f", "http://h/{}|`\"<>", "http://h/a b?'\"#'\"", "http://h/?a=%41&b=+", "http://h?x", "http://h#x",
  "http://u%40:p%3A@h/", "http://u\u00e9:p\u00e9@h", "http://a;b=c:d/e@h", "//h2", "//h2:80/x", "\\\\h2\\x", "/\\h2/x", "\\x", "?", "#x", "a:b", "a:/b",
  "https://xn--/", "https://a.xn--.b/", "https://xn---/", "https://xn--0/", "https://xn--99999999/", "https://xn--bcher-kva.example/", "foo://xn--/",
  "https://XN--P1AI./x", "http://a_b.c-d", "http://-a", "http://a..b", "http://.", "http://..", "http://a.", "http://*.x", "http://a!$&'()*+,;=b", "http://%", "http://a%25",
];

const SET_URLS = [
  "http://user:pw@example.com:8080/a/b?q=1#f", "https://h/", "file:///C:/x", "file://host/x", "mailto:a@b", "foo://h:1/p", "foo:/p", "foo:///p", "ws://h",
];

const SET_VALUES = {
  href: ["http://new/", "bad url", ""],
  protocol: ["https", "https:", "HTTP:x", "foo", "file", "ws:", "", "1x", "a b", "wss://x"],
  username: ["", "me", "a b:@/", "\u00e9"],
  password: ["", "me", "a b:@/", "%zz"],
  host: ["new", "new:x", "new:", "a b", "n/p", "n?q", "n#f", "n\\p", "[::1", "1.2.3", "u@h", "x:65536", "localhost", "C|"],
  hostname: ["new", "new:81", "a b", "n/p", "[::1]", "1.2.3.4.5", "localhost"],
  port: ["", "80", "443", "81", "81x", "65536", " 82", "8\t3", "00090", "-1"],
  pathname: ["", "/", "x", "/x/../y", "//x", "a?b#c", "\\x\\y", "%2e%2e/z", " ", "C|/x", "\u00e9"],
  search: ["", "?", "x", "?x", "??x", "a b'#\"", "\u00e9", "a=1&b=2"],
  hash: ["", "#", "x", "##x", "a b`<>\"", "\u00e9"],
};

// Where the standard says something else than Node 20, which does not follow it yet: input, base, result.
const PARSED = [
  ["http://h/a^b", undefined, "http://h/a%5Eb"],
  ["foo:/..", undefined, "foo:/"],
  ["../..", "foo:/p/q", "foo:/"],
  ["../..", "foo://host:9/p/q?x#y", "foo://host:9/"],
  ["?q#f?#", "mailto:a@b", "TypeError"],
  ["data:text/plain,x   ?q#f", undefined, "data:text/plain,x  %20?q#f"],
];

// Start, property, value, result.
const CHANGED = [
  ["foo:///p", "host", "new:81", "foo://new:81/p"],
  ["foo:///p", "host", "[::1]:5", "foo://[::1]:5/p"],
  ["foo:/p", "host", "new:81x", "foo://new:81/p"],
  ["foo://h:1/p", "host", ":81", "foo://h:1/p"],
  ["foo:/p", "host", "", "foo:///p"],
  ["foo:/p", "hostname", "", "foo:///p"],
  ["http://h:1/p", "port", "x81", "http://h:1/p"],
];

// Domains outside ASCII, which the firmware refuses (docs/functions.md).
const REFUSED = ["http://\u00e9.example/", "http://%C3%A9.example/", "https://\u4f8b.test", "http://h\u3002x/", "http://\ufb00/"];

function describe(url) {
  return PROPERTIES.map((name) => url[name]).join(" | ");
}

function attempt(work) {
  try {
    return work();
  } catch (error) {
    return error.name;
  }
}

function parse(input, base) {
  return attempt(() => describe(base === undefined ? new URL(input) : new URL(input, base)));
}

function set(start, property, value) {
  const url = new URL(start);
  const outcome = attempt(() => {
    url[property] = value;
    return "set";
  });
  return `${outcome} ${describe(url)}`;
}

// Joins random tokens; the generator is fixed, so that every run has the same inputs.
function* randomInputs(count) {
  const tokens = [
    "http:", "https:", "file:", "foo:", "/", "//", "\\", "..", ".", "%2e", "a", "B", "c:", "C|", "@", ":", "80", "[", "]", "::1", "?", "#", " ", "%41",
    "1.2", "0x7f", "x=y", "&", "\t", "~", "h", "localhost", "'", ";",
  ];
  let state = 42;
  const next = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
  for (let i = 0; i < count; i++) {
    let text = next(3) ? ["http://", "foo://", "file://", "https:", "//"][next(5)] : "";
    for (let length = 1 + next(6); length > 0; length--) {
      text += tokens[next(tokens.length)];
    }
    yield text;
  }
}

export function run() {
  const lines = [];
  const note = (label, result) => lines.push(`${JSON.stringify(label)} => ${result}`);
  for (const base of BASES) {
    for (const input of INPUTS) {
      note([input, base], parse(input, base));
    }
  }
  for (const input of randomInputs(3000)) {
    note([input], parse(input));
    note([input, BASES[1]], parse(input, BASES[1]));
    note([input, BASES[3]], parse(input, BASES[3]));
  }
  for (const start of SET_URLS) {
    for (const [property, values] of Object.entries(SET_VALUES)) {
      for (const value of values) {
        note([start, property, value], set(start, property, value));
      }
    }
  }
  note("canParse", [URL.canParse("http://h"), URL.canParse("x"), URL.canParse("x", "http://h"), URL.canParse("x", "y")]);
  note("json", JSON.stringify({ url: new URL("http://h/a b") }) + String(new URL("x", "http://h/y")));
  note("missing", attempt(() => new URL()));
  note("call", attempt(() => URL("http://h")));
  return lines;
}

export function runStandard() {
  const lines = [];
  for (const [input, base, expected] of PARSED) {
    lines.push([input, base, expected, attempt(() => new URL(input, base).href)]);
  }
  for (const [start, property, value, expected] of CHANGED) {
    const url = new URL(start);
    url[property] = value;
    lines.push([start, `${property}=${value}`, expected, url.href]);
  }
  for (const input of REFUSED) {
    lines.push([input, undefined, "TypeError", attempt(() => new URL(input).href)]);
  }
  return lines;
}
