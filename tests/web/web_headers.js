// Headers, Request and Response: what the same script says in Node and in the firmware.

function attempt(work) {
  try {
    return work();
  } catch (error) {
    return error.name;
  }
}

async function attemptAsync(work) {
  try {
    return await work();
  } catch (error) {
    return error.name;
  }
}

const NAMES = ["a", "A-B", "x_y", "", " a", "a ", "a:b", "a b", "\u00e9", "a\u0000", "a\n", "(", "1", "!#$%&'*+-.^_`|~", "\u0100", "__proto__"];
const VALUES = ["", " ", "a", "  a\tb  ", "\r\na\r\n", "a\r\nb", "a\nb", "a\u0000", "\u00e9\u00ff", "\u0100", "\u{1f600}", null, undefined, 5, {}, "\u007f", "\u0001"];
const INITS = [
  undefined, {}, [], { a: "1", B: 2 }, [["b", "1"], ["A", "2"], ["b", "3"]], new Map([["x", "y"]]), [["a"]], [["a", "b", "c"]], ["ab"], { "a b": "c" },
  null, 5, "x", { a: null }, { [Symbol("s")]: "x" }, [["set-cookie", "a=1"], ["Set-Cookie", "b=2"]], new Headers({ q: "r" }), { [Symbol.iterator]: null, x: "y" },
];

function headers() {
  const lines = [];
  for (const name of NAMES) {
    lines.push(`name ${JSON.stringify(name)} ${attempt(() => JSON.stringify([...new Headers([[name, "v"]])]))} ${attempt(() => new Headers().get(name))}`);
    lines.push(`${attempt(() => new Headers().has(name))} ${attempt(() => new Headers().delete(name))} ${attempt(() => new Headers().set(name, "x"))}`);
  }
  for (const value of VALUES) {
    lines.push(`value ${JSON.stringify(value)} ${attempt(() => JSON.stringify(new Headers([["n", value]]).get("N")))}`);
  }
  INITS.forEach((init, i) => lines.push(`init ${i} ${attempt(() => JSON.stringify([...new Headers(init)]))}`));
  const h = new Headers({ b: "2", "set-cookie": "a=1", A: "1" });
  h.append("B", "3");
  h.append("Set-Cookie", "b=2");
  h.append("c", "");
  lines.push(JSON.stringify([...h]), JSON.stringify([...h.keys()]), JSON.stringify([...h.values()]), JSON.stringify(h.getSetCookie()), h.get("set-cookie"));
  h.set("b", "only");
  h.set("new", "x");
  h.delete("A");
  h.delete("nothing");
  lines.push(JSON.stringify([...h.entries()]), h.has("B"), h.has("a"), h.get("a"));
  const seen = [];
  h.forEach(function (value, name, self) {
    seen.push([name, value, self === h, this.t]);
  }, { t: 1 });
  lines.push(JSON.stringify(seen));
  for (const [name] of h) {
    h.delete(name);
  }
  lines.push(JSON.stringify([...h]));
  lines.push(attempt(() => Headers()), attempt(() => new Headers().get()), attempt(() => new Headers().append("a")), attempt(() => new Headers().set("a")));
  lines.push(attempt(() => Headers.prototype.get.call({}, "a")), String(new Headers()), new Headers().forEach.length, Headers.name);
  class Mine extends Headers {
    twice(name) {
      return this.get(name).repeat(2);
    }
  }
  const mine = new Mine({ a: "b" });
  lines.push(mine.twice("a"), mine instanceof Headers, mine.constructor === Mine, new Headers(mine).get("a"));
  return lines;
}

const BODIES = {
  nothing: undefined,
  null: null,
  empty: "",
  ascii: "hello",
  latin1: "h\u00e9llo",
  wide: "\u20ac \u{1f600} \ud800x",
  bom: "\ufeffbom",
  number: 5,
  bytes: new Uint8Array([104, 105, 255]),
  view: new Uint16Array([0x6968, 0x21]).subarray(1),
  dataView: new DataView(new Uint8Array([1, 65, 66, 3]).buffer, 1, 2),
  buffer: new Uint8Array([239, 187, 191, 65]).buffer,
  params: new URLSearchParams("a=b c"),
  json: '{"a":[1,2]}',
  badJson: "{",
};

function show(value) {
  if (value instanceof ArrayBuffer) {
    return "buffer " + [...new Uint8Array(value)].join();
  }
  return value instanceof Uint8Array ? "bytes " + [...value].join() : JSON.stringify(value);
}

async function responses() {
  const lines = [];
  for (const [label, body] of Object.entries(BODIES)) {
    for (const how of ["text", "json", "arrayBuffer"]) {
      const response = new Response(body);
      const first = await attemptAsync(async () => show(await response[how]()));
      lines.push(`${label} ${how} ${response.headers.get("content-type")} ${first} ${response.bodyUsed} ${await attemptAsync(() => response.text())}`);
    }
  }
  for (const status of [undefined, 199, 200, 201, 299, 300, 599, 600, 65736, -1, "404", "x", NaN, null, 200.9, {}]) {
    lines.push(`status ${String(status)} ${attempt(() => new Response(null, { status }).status)} ${attempt(() => new Response(null, { status }).ok)}`);
  }
  for (const status of [204, 205, 304, 303]) {
    lines.push(`${attempt(() => new Response("x", { status }).status)} ${attempt(() => new Response(null, { status }).status)}`);
  }
  for (const statusText of ["OK", "", "\u00e9", "a\nb", "\u0100", undefined, 5, "a\tb"]) {
    lines.push(`statusText ${JSON.stringify(statusText)} ${attempt(() => new Response("", { statusText }).statusText)}`);
  }
  for (const init of [null, undefined, {}, 5, "x"]) {
    lines.push(`init ${attempt(() => new Response("", init).status)}`);
  }
  const typed = new Response("x", { headers: { "Content-Type": "text/html", a: "b" }, status: 201, statusText: "Made" });
  const copy = typed.clone();
  copy.headers.set("a", "c");
  lines.push(typed.headers.get("a"), copy.headers.get("a"), copy.headers.get("content-type"), copy.status, copy.statusText, await copy.text(), await typed.text());
  lines.push(attempt(() => typed.clone()), typed.headers === typed.headers, attempt(() => Response()), String(typed));
  const fresh = new Response("x");
  fresh.headers.delete("content-type");
  lines.push(fresh.headers.get("content-type"));
  for (const value of [{ a: 1 }, null, "s", undefined, () => 1, 5n, [1, , 2]]) {
    lines.push(`json ${await attemptAsync(async () => [await Response.json(value).text(), Response.json(value).headers.get("content-type")].join())}`);
  }
  lines.push(attempt(() => Response.json({}, { status: 204 }).status), Response.json({}, { status: 201, headers: { "content-type": "x/y" } }).headers.get("content-type"));
  for (const args of [["http://h/a b"], ["http://h", 301], ["http://h", 200], ["http://h", 304], ["bad"], ["http://h", 307], []]) {
    lines.push(`redirect ${attempt(() => { const r = Response.redirect(...args); return [r.status, r.headers.get("location")].join(); })}`);
  }
  lines.push(attempt(() => Response.redirect("http://h").headers.set("a", "b")));
  lines.push(await attemptAsync(() => Response.prototype.text.call({})));
  return lines;
}

async function requests() {
  const lines = [];
  for (const url of ["http://h", "http://h/a b?c#d", "x", "", "http://u:p@h", "HTTP://H:80/x", "data:x", "http://[::1]:8080/"]) {
    lines.push(`url ${url} ${attempt(() => new Request(url).url)}`);
  }
  lines.push(new Request(new URL("http://h/url")).url);
  for (const method of ["get", "GET", "post", "PoSt", "purge", "PATCH", "delete", "x y", "", "TRACE", "connect", "m\u00e9", "FOO", undefined, null, "head", "Options", "put"]) {
    lines.push(`method ${method} ${attempt(() => new Request("http://h", { method }).method)}`);
  }
  for (const [method, body] of [["GET", "x"], ["HEAD", "x"], ["GET", null], ["POST", null], ["POST", "x"], ["DELETE", "x"], ["GET", undefined]]) {
    lines.push(`body ${method} ${body} ${await attemptAsync(async () => show(await new Request("http://h", { method, body }).text()))}`);
  }
  for (const [label, body] of Object.entries(BODIES)) {
    lines.push(`type ${label} ${attempt(() => new Request("http://h", { method: "POST", body }).headers.get("content-type"))}`);
  }
  const first = new Request("http://h/x", { method: "POST", body: "text", headers: { a: "b" } });
  const second = new Request(first, { headers: { c: "d" } });
  lines.push(first.bodyUsed, second.url, second.method, second.headers.get("a"), second.headers.get("c"), second.headers.get("content-type"), await second.text());
  lines.push(attempt(() => new Request(first).method), await attemptAsync(() => first.text()));
  const third = new Request("http://h/x", { method: "PUT", body: "kept" });
  const cloned = third.clone();
  lines.push(await cloned.text(), await third.text(), attempt(() => third.clone()), cloned.headers.get("content-type"));
  const fourth = new Request("http://h", { method: "POST", body: "old" });
  const fifth = new Request(fourth, { body: "new" });
  lines.push(await fifth.text(), fourth.bodyUsed, new Request(new Request("http://h", { method: "POST" }), { method: "GET" }).method);
  lines.push(attempt(() => new Request()), attempt(() => Request("http://h")), String(new Request("http://h")), attempt(() => new Request("http://h", 5)));
  const form = new Request("http://h", { method: "POST", body: new URLSearchParams("a=b c&a=d&%FF=") });
  const data = await form.formData();
  lines.push(JSON.stringify([...data]), form.bodyUsed);
  lines.push(await attemptAsync(() => new Request("http://h", { method: "POST", body: "a=b" }).formData()), await attemptAsync(() => new Response("a=b").formData()));
  lines.push(await attemptAsync(async () => [...(await new Response("a=b", { headers: { "content-type": "application/x-www-form-urlencoded" } }).formData())].join()));
  return lines;
}

export async function run() {
  return [...headers(), ...(await responses()), ...(await requests())].map(String);
}
