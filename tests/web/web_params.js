// URLSearchParams and FormData: what the same script says in Node and in the firmware.

const TEXTS = [
  "", "?", "??a", "a", "a=", "=a", "=", "&", "&&a&&", "a=b", "a=b=c", "a=b&a=c&b=d", "a+b=c+d", "a%20b=%2B", "%", "%4", "%4x=%zz", "a%00b=\u0000",
  "\u00e9=\ud83d\ude00", "%C3%A9=%F0%9F%98%80", "%FF=%C3", "%ED%A0%80=x", "%EF%BB%BFa=b", "\ud800=\udc00", "a;b=c", "?a=b", "#a=b#", "a\tb=c\nd",
  "z=1&\ue000=2&\ud83d\ude00=3&a=4&z=0&\uffff=5&=6", "*-._~!'()$,/:@=x", "constructor=1&__proto__=2", "0=a&1=b",
];

const INITS = [
  undefined, {}, [], { a: 1, b: null, c: undefined }, { b: "2", a: "1", 1: "x" }, [["a", "b"]], [["a", "b"], ["a", "c"]], new Map([["m", "n"]]),
  [["a"]], [["a", "b", "c"]], ["ab"], [[1, 2]], [new Set(["s", "t"])], 5, true, { "\ud800": "\udc00" }, { [Symbol.iterator]: null, x: "y" },
  { [Symbol.iterator]: 5 }, [null], new URLSearchParams("p=q&p=r"), new String("a=b"),
];

function attempt(work) {
  try {
    return work();
  } catch (error) {
    return error.name;
  }
}

function describe(params) {
  return JSON.stringify([params.toString(), params.size, [...params], [...params.keys()], [...params.values()]]);
}

function mutate() {
  const log = [];
  const params = new URLSearchParams("a=1&b=2&a=3&c=4");
  const step = (name, ...args) => log.push(`${name} ${JSON.stringify(args)}: ${JSON.stringify(attempt(() => params[name](...args)))} ${params}`);
  step("get", "a");
  step("get", "z");
  step("getAll", "a");
  step("has", "a");
  step("has", "a", "3");
  step("has", "a", "2");
  step("has", "a", undefined);
  step("append", "a", 5);
  step("append", "a");
  step("append");
  step("set", "a", "x y&=");
  step("set", "new", null);
  step("delete", "c", "5");
  step("delete", "c", "4");
  step("delete", "b");
  step("append", "b", "\ud83d\ude00");
  step("append", "a", "");
  step("sort");
  step("delete", "a", undefined);
  step("toString");
  return log;
}

function iterate() {
  const log = [];
  const params = new URLSearchParams("a=1&b=2&c=3&d=4");
  for (const [key, value] of params) {
    log.push(key + value);
    params.delete(key);
  }
  log.push(params.toString());
  const growing = new URLSearchParams("a=1");
  for (const [key] of growing) {
    if (growing.size < 4) {
      growing.append(key + "x", "2");
    }
  }
  log.push(growing.toString());
  const seen = [];
  growing.forEach(function (value, key, self) {
    seen.push([value, key, self === growing, this.tag]);
  }, { tag: "this" });
  log.push(JSON.stringify(seen));
  const iterator = growing.entries();
  log.push(JSON.stringify([iterator.next(), iterator[Symbol.iterator]() === iterator]));
  log.push(attempt(() => growing.forEach(5)));
  log.push(attempt(() => URLSearchParams.prototype.get.call({}, "a")));
  log.push(attempt(() => URLSearchParams("a")));
  return log;
}

function withUrl() {
  const log = [];
  const url = new URL("http://h/p?a=1&b=%20+'#f");
  const params = url.searchParams;
  log.push(params === url.searchParams, params.toString(), url.href);
  params.append("c", "d e");
  log.push(url.href, url.search);
  params.delete("a");
  params.delete("b");
  params.delete("c");
  log.push(url.href);
  url.search = "?x=y&z";
  log.push(params.toString(), [...params].join());
  url.href = "https://other/?new=1";
  log.push(params.toString(), url.searchParams === params);
  url.search = "";
  log.push(params.toString(), params.size);
  params.sort();
  log.push(url.href);
  log.push(attempt(() => { url.searchParams = "refused"; }));
  log.push(url.href);
  return log;
}

function formData() {
  const log = [];
  const form = new FormData();
  form.append("a", "1");
  form.append("a", 2);
  form.set("b", "\ud800");
  form.append("c", null);
  log.push(JSON.stringify([...form]), form.get("a"), form.get("z"), JSON.stringify(form.getAll("a")), form.has("b"), form.has("z"));
  form.set("a", "only");
  form.delete("c");
  log.push(JSON.stringify([...form.entries()]), [...form.keys()].join(), [...form.values()].join());
  log.push(attempt(() => form.append("x")), String(form));
  return log;
}

export async function run() {
  const lines = [];
  for (const text of TEXTS) {
    lines.push(`${JSON.stringify(text)} ${describe(new URLSearchParams(text))}`);
    const sorted = new URLSearchParams(text);
    sorted.sort();
    lines.push(`sorted ${sorted}`);
  }
  INITS.forEach((init, i) => lines.push(`init ${i} ${attempt(() => describe(new URLSearchParams(init)))}`));
  lines.push(...mutate(), ...iterate(), ...withUrl(), ...formData());
  return lines.map(String);
}
