// Blob, File, FormData and multipart bodies: what the same script says in Node and in the firmware.

async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error.name : `threw ${error}`;
  }
}

const show = async (value) => (typeof value === "string" ? JSON.stringify(value) : value instanceof Blob ? `${value.constructor.name}(${JSON.stringify(value.name)} ${JSON.stringify(value.type)} ${JSON.stringify(await value.text())})` : String(value));
const list = async (form) => (await Promise.all([...form].map(async ([name, value]) => `${JSON.stringify(name)}=${await show(value)}`))).join(" ");
const bytes = async (blob) => [...new Uint8Array(await blob.arrayBuffer())].join();

async function blobs(say) {
  for (const parts of [undefined, [], ["a"], ["a", "b", "ü"], [new Uint8Array([1, 2, 3])], [new Uint8Array([1, 2, 3, 4]).subarray(1, 3), new ArrayBuffer(2), new DataView(new ArrayBuffer(1))], [new Blob(["in"]), "side"], [5, null, undefined, {}, [1, 2]], ["\ud800"], new Set(["s", "t"]), new String("xyz"), ["a\r\nb\rc\n"]]) {
    const blob = new Blob(parts);
    say(blob.size, JSON.stringify(blob.type), JSON.stringify(await blob.text()), await bytes(blob));
  }
  for (const parts of [null, 5, "text", true, {}]) {
    say(await attempt(() => new Blob(parts).size));
  }
  for (const options of [null, {}, { type: "text/plain" }, { type: "TEXT/Plain; Charset=UTF-8" }, { type: "a\u00e9" }, { type: "a\nb" }, { type: null }, { type: 5 }, { type: undefined }, { endings: "transparent" }, { endings: "other" }, 5, "x"]) {
    say(await attempt(async () => { const blob = new Blob(["x\r\ny\rz\n\n"], options); return `${JSON.stringify(blob.type)} ${JSON.stringify(await blob.text())}`; }));
  }
  const blob = new Blob(["0123456789"], { type: "text/x" });
  for (const args of [[], [2], [2, 5], [-3], [-3, -1], [5, 2], [0, 100], [-100, 3], [100], [undefined, 3], [2, undefined], [1, 3, "T/Y"], [1, 3, "\u00e9"]]) {
    const slice = blob.slice(...args);
    say(slice.size, JSON.stringify(slice.type), await slice.text());
  }
  say(await blob.slice(2, 8).slice(1, 3).text(), await new Blob([blob.slice(8), blob.slice(0, 2)]).text());
  let streamed = "";
  for await (const chunk of blob.stream()) {
    streamed += new TextDecoder().decode(chunk);
  }
  say(streamed, Object.prototype.toString.call(blob), blob instanceof Blob, await attempt(() => Blob()), await attempt(() => Blob.prototype.text.call({})), await attempt(() => Object.getOwnPropertyDescriptor(Blob.prototype, "size").get.call({})));
  say(await new Blob([new Uint8Array([0xef, 0xbb, 0xbf, 0x41, 0xff])]).text(), (await new Blob(["abc"]).arrayBuffer()) instanceof ArrayBuffer, new Blob(["x".repeat(10000)]).stream() instanceof ReadableStream);
}

async function files(say) {
  const file = new File(["content"], "name.txt", { type: "text/plain", lastModified: 12345 });
  say(await show(file), file.lastModified, file.size, file instanceof Blob, file instanceof File, Object.prototype.toString.call(file));
  say(await attempt(() => new File()), await attempt(() => new File([])), await attempt(() => new File("x", "y")), await attempt(() => File([], "x")));
  for (const name of ["", 5, null, undefined, "a/b\\c\"d\n", "\ud800", { toString: () => "made" }]) {
    say(await show(new File([], name)));
  }
  for (const lastModified of [0, -1, "7", NaN]) {
    say(new File([], "x", { lastModified }).lastModified);
  }
  const now = Date.now();
  const fresh = new File([], "x").lastModified;
  say(fresh >= now - 5 && fresh <= Date.now() + 5, fresh === Math.floor(fresh));
  const slice = file.slice(0, 3);
  say(slice instanceof File, slice.constructor.name, await slice.text(), slice.type);
}

async function forms(say) {
  const form = new FormData();
  form.append("a", "1");
  form.append("a", new Blob(["blob"], { type: "x/y" }));
  form.append("b", new Blob(["named"]), "given.txt");
  form.append("c", new File(["file"], "own.bin", { type: "q/r", lastModified: 5 }));
  form.append("c", new File(["file"], "own.bin", { lastModified: 5 }), "other.bin");
  form.append("d", 5);
  form.append("e", null);
  say(await list(form), [...form.keys()].join());
  say(await show(form.get("a")), (await Promise.all(form.getAll("a").map(show))).join(), (await Promise.all(form.getAll("c").map(show))).join(), form.has("b"), form.get("none"), form.getAll("none").length);
  say(form.get("c").lastModified, form.getAll("c")[1].lastModified);
  form.set("a", new File(["set"], "set.txt"));
  say(await list(form));
  form.delete("c");
  form.set("new", "value");
  say(await list(form));
  for (const args of [[], ["x"], ["x", "y", "z"], ["x", {}], ["x", 5, "z"]]) {
    say(await attempt(() => form.append(...args)), await attempt(() => form.set(...args)));
  }
  say(await attempt(() => form.append("x", new Blob(), undefined)), form.get("x") instanceof File || String(form.get("x")));
  const same = new File(["same"], "same");
  const other = new FormData();
  other.append("f", same);
  say(other.get("f").name, other.get("f").size);
}

async function round(form) {
  const response = new Response(form);
  const type = response.headers.get("content-type");
  return [/^multipart\/form-data; boundary=[-a-zA-Z0-9]{10,70}$/.test(type), await list(await response.formData())].join(" ");
}

async function bodies(say) {
  const form = new FormData();
  say(await round(form));
  form.append("plain", "value");
  form.append("lines", "a\nb\r\nc\rd");
  form.append("na\"me\r\n%0A", "ü€😀");
  form.append("", "");
  form.append("same", "1");
  form.append("same", "2");
  say(await round(form));
  form.append("file", new File([new Uint8Array([0, 255, 13, 10, 45, 45])], "a\"b\n.bin", { type: "application/x" }));
  form.append("file", new Blob(["\r\n--\r\n"]));
  form.append("empty", new File([], ""));
  say(await round(form));
  const request = new Request("http://a.b/", { method: "POST", body: form });
  say(request.headers.get("content-type").startsWith("multipart/form-data; boundary="), await list(await request.formData()), request.bodyUsed);
  const own = new Response(form, { headers: { "content-type": "text/plain" } });
  say(own.headers.get("content-type"), await attempt(() => own.formData()));
  const blob = new Blob(["blob body"], { type: "Text/Own" });
  const response = new Response(blob);
  say(response.headers.get("content-type"), await response.clone().text(), await show(await response.blob()));
  say(new Response(new Blob(["x"])).headers.get("content-type"), new Response(new File(["x"], "f", { type: "a/b" })).headers.get("content-type"));
  for (const [body, type] of [["text", "text/plain"], ["text", ""], [new Uint8Array([1, 2]), "A/B"], [null, undefined], [new Blob(["s"]).stream(), "s/t"]]) {
    const typed = new Response(body, type === undefined ? {} : { headers: { "content-type": type } });
    const back = await typed.blob();
    say(back.type, back.size, await back.text(), typed.bodyUsed);
  }
  const streamed = new Response(new Response(form).body, { headers: { "content-type": new Response(form).headers.get("content-type") } });
  say(await attempt(() => streamed.formData()));
  const source = new Response(form);
  const again = new Response(source.body, { headers: source.headers });
  say(await list(await again.formData()));
  say(await list(await new Response("a=1&b=%C3%BC+x", { headers: { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" } }).formData()));
  say(await list(await new Response(new URLSearchParams("q=1")).formData()));
  say(await attempt(() => new Response("x").formData()), await attempt(() => new Response("x", { headers: { "content-type": "multipart/form-data" } }).formData()), await attempt(() => new Response(null, { headers: { "content-type": "multipart/form-data; boundary=x" } }).formData()));
}

const part = (headers, content, boundary = "XX") => `--${boundary}\r\n${headers}\r\n\r\n${content}\r\n`;
const disposition = (name) => `Content-Disposition: form-data; name="${name}"`;

async function parse(body, type = "multipart/form-data; boundary=XX") {
  return attempt(async () => list(await new Response(body, { headers: { "content-type": type } }).formData()));
}

async function parsing(say) {
  const good = part(disposition("a"), "1") + part(disposition("b"), "2");
  const end = "--XX--";
  for (const body of [good + end, `${good}${end}\r\n`, `\r\n${good}${end}\r\n`, end, `${end}\r\n`, good, `${good}--XX`, `${good}--XX-`, "", "x", `${good}--XX--junk`, `pre${good}${end}`, good.replaceAll("\r\n", "\n") + end, `${part(disposition("a"), "")}${end}`, `${part(disposition("a"), "\r\n")}${end}`, `${part(disposition("a"), "x\r\n--X")}${end}`, `--XX\r\n\r\nx\r\n${end}`, `--XX\r\n${disposition("a")}\r\nx\r\n${end}`, `--XX${disposition("a")}\r\n\r\nx\r\n${end}`]) {
    say(JSON.stringify(body), await parse(body));
  }
  for (const headers of [disposition(""), disposition("%22x%0D%0A%41"), disposition("ü"), `${disposition("a")}; filename="f.txt"`, `${disposition("a")}; filename="f%22.txt"\r\nContent-Type: Image/PNG`, `Content-Type: a/b\r\n${disposition("a")}; filename="f"`, `${disposition("a")}\r\nContent-Type: text/plain`, `content-disposition:form-data; name="a"`, `CONTENT-DISPOSITION:  form-data; name="a"`, `X-Other: 1\r\n${disposition("a")}\r\nX-More: 2`, `Content-Disposition: attachment; name="a"`, "Content-Disposition: form-data", `Content-Disposition: form-data; name="a`, "X: 1", "no colon", ": empty", `b d: 1\r\n${disposition("a")}`]) {
    say(JSON.stringify(headers), await parse(part(headers, "content") + end));
  }
  for (const type of ["multipart/form-data; boundary=\"XX\"", "Multipart/Form-Data;boundary=XX", "multipart/form-data; charset=utf-8; boundary=XX", "multipart/form-data; boundary=XX; charset=utf-8", "multipart/form-data; BOUNDARY=XX", "multipart/form-data; boundary=YY", "multipart/mixed; boundary=XX", "multipart/form-data; boundary=\"\"", "multipart/form-data;"]) {
    say(type, await parse(good + end, type));
  }
}

const sections = { blobs, files, forms, bodies, parsing };

export async function run() {
  const lines = [];
  for (const [name, section] of Object.entries(sections)) {
    await section((...values) => lines.push(`${name}: ${values.map(String).join(" | ")}`));
  }
  return lines;
}

// Pairs of what the standard says and what is said here, where Node says something else.
export async function runStandard() {
  return [
    ["x\ny\nz\n\n", await new Blob(["x\r\ny\rz\n\n"], { endings: "native" }).text()],
    [1, new File([], "x", { lastModified: 1.9 }).lastModified],
    ['"a"="--XX"', await parse(`${part(disposition("a"), "--XX")}--XX--`)],
    ['"a"="content"', await parse(`${part(`${disposition("a")}; filename=""`, "content")}--XX--`)],
    ["3456", await new Blob(["0123456789"]).slice(2.6, 7.4).text()],
  ];
}
