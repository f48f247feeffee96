import fs from "node:fs";
import { readFile, readdir, stat, access, realpath, lstat } from "node:fs/promises";
import { Buffer } from "node:buffer";

// The folder is the static one of the function, and in the current folder of the process.
const TEXT = "public/text.txt";
const BYTES = "public/sub/bytes";
const kinds = (one) => [one.isFile(), one.isDirectory(), one.isSymbolicLink(), one.isFIFO(), one.isSocket()];
const called = (action) => new Promise((resolve) => action((...all) => resolve(all)));

export default async function ({ is, throws, rejects }) {
  is("bytes of text", fs.readFileSync(TEXT));
  for (const encoding of ["utf8", "UTF-8", "latin1", "base64", "hex", "ucs2", null, undefined]) {
    is(`text as ${encoding}`, fs.readFileSync(TEXT, encoding));
    is(`bytes as ${encoding}`, fs.readFileSync(BYTES, { encoding }));
  }
  is("mark of byte order", [...fs.readFileSync("public/mark.txt", "utf8")].map((c) => c.codePointAt(0)));
  is("empty", [fs.readFileSync("public/empty.txt"), fs.readFileSync("public/empty.txt", "utf8")]);
  const ways = ["./public/text.txt", "public//text.txt", "public/sub/../text.txt", "public/./text.txt", Buffer.from(TEXT)];
  for (const way of ways) is(`way ${way}`, fs.readFileSync(way, "utf8"));
  is("URL", fs.readFileSync(new URL("file://" + fs.realpathSync(TEXT)), "utf8") === fs.readFileSync(TEXT, "utf8"));
  const wrong = ["public/none.txt", "public/none/text.txt", "public/text.txt/", "public/text.txt/more", "public", "public/sub/", "", "/none"];
  for (const path of wrong) {
    throws(`read ${path}`, () => fs.readFileSync(path));
    await rejects(`promised read ${path}`, readFile(path));
    is(`exists ${path}`, fs.existsSync(path));
    throws(`stat of ${path}`, () => kinds(fs.statSync(path)));
    throws(`list of ${path}`, () => fs.readdirSync(path));
    throws(`access to ${path}`, () => fs.accessSync(path));
    try {
      fs.readFileSync(path);
    } catch (error) {
      is(`error of ${path}`, [error.errno, error.syscall, error.path, Object.keys(error)]);
    }
  }
  for (const path of [undefined, null, {}, [], true, "a\0b"]) {
    throws(`path ${typeof path}`, () => fs.readFileSync(path));
    throws(`stat of path ${typeof path}`, () => fs.statSync(path));
    is(`exists path ${typeof path}`, fs.existsSync(path));
    throws(`called with path ${typeof path}`, () => fs.readFile(path, () => {}));
  }
  throws("URL of another scheme", () => fs.readFileSync(new URL("http://a/b")));
  const url = new URL("file://" + fs.realpathSync(TEXT));
  const urls = [url.href.replace("file://", "file://host"), url.href.replace("text.txt", "a%2Ftext.txt")];
  urls.forEach((one, i) => throws(`URL ${i}`, () => fs.readFileSync(new URL(one))));
  is("URL of this host", fs.readFileSync(new URL(url.href.replace("file://", "file://localhost")), "utf8"));
  is("no encoding", [fs.readFileSync(TEXT, ""), fs.readFileSync(TEXT, { encoding: "" }), await readFile(TEXT, "")]);
  for (const options of [5, true, Symbol.iterator, { signal: null }, { signal: 5 }, { signal: {} }]) {
    throws(`options ${typeof options} ${typeof options?.signal}`, () => fs.readFileSync(TEXT, options));
    throws(`called with options ${typeof options} ${typeof options?.signal}`, () => fs.readFile(TEXT, options, () => {}));
    await rejects(`promised with options ${typeof options} ${typeof options?.signal}`, readFile(TEXT, options));
  }
  for (const flag of ["r", "rs", "sr", undefined, null, 0]) {
    is(`flag ${flag}`, [fs.readFileSync(TEXT, { flag }).length, (await readFile(TEXT, { flag })).length]);
  }
  for (const flag of ["x", "", "R", 1.5, 2 ** 40]) throws(`flag ${flag}`, () => fs.readFileSync(TEXT, { flag }));
  const signal = AbortSignal.abort();
  is("a signal that is read past", fs.readFileSync(TEXT, { signal }).length);
  await rejects("aborted", readFile(TEXT, { signal }));
  is("called with a signal", (await called((back) => fs.readFile(TEXT, { signal }, back))).map((one) => one.name));
  const controller = new AbortController();
  const late = called((back) => fs.readFile(TEXT, { signal: controller.signal }, back));
  controller.abort();
  is("aborted later", (await late).map((one) => one.code));
  is("not aborted", (await called((back) => fs.readFile(TEXT, { signal: new AbortController().signal }, back)))[1].length);

  throws("encoding of bytes", () => fs.readFileSync(TEXT, "buffer"));
  throws("encoding", () => fs.readFileSync(TEXT, "none"));
  throws("encoding in options", () => fs.readFileSync(TEXT, { encoding: "none" }));
  throws("no callback", () => fs.readFile(TEXT));
  throws("no callback after options", () => fs.readFile(TEXT, "utf8"));

  for (const path of [TEXT, BYTES, "public", "public/sub", "public/empty.txt"]) {
    const found = fs.statSync(path);
    is(`kinds of ${path}`, kinds(found));
    is(`kinds of link ${path}`, kinds(fs.lstatSync(path)));
    if (found.isFile()) is(`size of ${path}`, [found.size, fs.statSync(path, { bigint: true }).size, (await stat(path)).size]);
    is(`dates of ${path}`, [found.mtime instanceof Date, typeof found.mtimeMs, found instanceof fs.Stats]);
    is(`exists ${path}`, [fs.existsSync(path), fs.accessSync(path), fs.accessSync(path, fs.constants.R_OK)]);
    is(`promised ${path}`, [await access(path), kinds(await lstat(path))]);
  }
  is("no entry", [fs.statSync("none", { throwIfNoEntry: false }), fs.lstatSync("none", { throwIfNoEntry: false })]);
  throws("no folder", () => fs.statSync("public/text.txt/more", { throwIfNoEntry: false }));

  is("list", [fs.readdirSync("public"), fs.readdirSync("public/"), fs.readdirSync("./public/sub"), await readdir("public")]);
  is("list of all", fs.readdirSync("public", { recursive: true }));
  is("list as bytes", fs.readdirSync("public/sub", "buffer"));
  is("list as hex", fs.readdirSync("public/sub", { encoding: "hex" }));
  const typed = (path, options) => fs.readdirSync(path, { withFileTypes: true, ...options });
  is("list with types", typed("public").map((one) => [one.name, one.parentPath, kinds(one), one instanceof fs.Dirent]));
  is("list of all with types", typed("public/", { recursive: true }).map((one) => [one.name, kinds(one)]));
  is("real path", [fs.realpathSync("public/sub/../text.txt").endsWith("/public/text.txt"), (await realpath("public")).endsWith("/public")]);
  throws("real path of none", () => fs.realpathSync("/none"));
  throws("native real path of none", () => fs.realpathSync.native("none"));

  is("called", await called((back) => fs.readFile(TEXT, "utf8", back)));
  is("called without options", await called((back) => fs.readFile(TEXT, back)));
  is("called for none", await called((back) => fs.readFile("none", back)));
  is("called for list", await called((back) => fs.readdir("public", back)));
  is("called for types", (await called((back) => fs.readdir("public", { withFileTypes: true }, back)))[1].map(kinds));
  is("called for status", kinds((await called((back) => fs.stat(TEXT, back)))[1]));
  is("called for access", await called((back) => fs.access(TEXT, back)));
  is("called for access to none", await called((back) => fs.access("none", fs.constants.R_OK, back)));
  is("called for existence", [await called((back) => fs.exists(TEXT, back)), await called((back) => fs.exists("none", back))]);
  let early = true;
  const later = called((back) => fs.readFile(TEXT, (...all) => back(...all, early)));
  early = false;
  is("called later", (await later)[2]);
  const order = [];
  const read = called((back) => fs.readFile(TEXT, back)).then(() => order.push("read"));
  Promise.resolve().then(() => queueMicrotask(() => order.push("microtask")));
  process.nextTick(() => order.push("tick"));
  await read;
  is("called behind what is due", order);
  is("constants", [fs.constants.F_OK, fs.constants.R_OK, fs.constants.W_OK, fs.constants.X_OK, fs.promises.constants.R_OK]);
}
