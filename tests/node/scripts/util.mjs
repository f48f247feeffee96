import util, { inspect } from "node:util";
import types from "node:util/types";

export default async function ({ is, throws, rejects }) {
  class Foo {
    constructor() {
      this.a = 1;
    }
  }
  const circular = { name: "c" };
  circular.self = circular;
  const values = {
    number: -0, text: "it's", quote: 'a"b\'c', array: [1, , 3], nested: { a: { b: { c: { d: 1 } } } }, map: new Map([["a", { b: 1 }]]),
    set: new Set([1, [2]]), date: new Date(0), regexp: /a/gi, fn: function foo() {}, klass: Foo, instance: new Foo(), symbol: Symbol("s"),
    bigint: 5n, empty: {}, nul: null, undef: undefined, circular, nullProto: Object.assign(Object.create(null), { x: 1 }),
    buffer: Buffer.from("hi"), typed: new Uint8Array([1, 2]), boxed: [Object(1), Object("s"), Object(true)],
    promise: Promise.resolve(4), getter: { get a() { return 1; }, set b(v) {} }, long: Array.from({ length: 120 }, (_, i) => i),
    texts: "x".repeat(200), multi: { a: "line\nline", b: "\t" }, custom: { [inspect.custom]: (d, o) => `custom ${d} ${typeof o.stylize}` },
    weak: new WeakMap(), args: (function () { return arguments; })(1, 2), gen: (function* () {})(), key: { "a-b": 1, 2: 3 },
    many: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`key${i}`, i])), url: new URL("http://a/b"),
  };
  for (const [name, value] of Object.entries(values)) is(`inspect ${name}`, inspect(value));
  is("inspect depth", [inspect(values.nested, { depth: 0 }), inspect(values.nested, { depth: null }), inspect(values.nested, false, 1)]);
  is("inspect colors", inspect({ a: 1, b: "x", c: null }, { colors: true }));
  is("inspect options", [inspect([3, 1, 2], { maxArrayLength: 1 }), inspect({ b: 1, a: 2 }, { sorted: true }), inspect("aaaa", { maxStringLength: 2 }), inspect({ a: { b: 1 } }, { compact: false }), inspect(123456.789, { numericSeparator: true })]);
  is("inspect hidden", inspect([1], { showHidden: true }));
  is("inspect error", inspect(new RangeError("boo")).split("\n")[0]);
  for (const args of [["%s %s", "a"], ["%d", "42"], ["%i", 42.9], ["%f", "1.5x"], ["%j", { a: 1 }], ["%o", { a: 1 }], ["%O", { a: { b: 1 } }], ["%%", 1], ["%c", "css"], ["a", "b", { c: 1 }], ["%s", null, undefined], ["%s", Symbol("x")], ["%d", 5n], ["%s", -0], ["%s", { toString: () => "own" }], [1, 2, "3"], ["%x", 1], ["%s", [1, [2, [3]]]], [new Foo()]]) {
    is(`format ${String(args[0])} ${args.length}`, util.format(...args));
  }
  is("formatWithOptions", util.formatWithOptions({ colors: true }, "%O", [1]));
  is("promisify", await util.promisify((a, b, done) => done(null, a + b))(1, 2));
  await rejects("promisify rejects", util.promisify((done) => done(new Error("no")))());
  is("promisify keeps", (() => {
    const f = Object.assign((done) => done(), { extra: 1 });
    const p = util.promisify(f);
    return [p.extra, p.name, util.promisify(p) === p];
  })());
  const custom = () => {};
  custom[util.promisify.custom] = () => Promise.resolve("custom");
  is("promisify custom", await util.promisify(custom)());
  throws("promisify nothing", () => util.promisify());
  is("callbackify", await new Promise((resolve) => util.callbackify(async (x) => x * 2)(4, (...args) => resolve(args))));
  is("callbackify fails", await new Promise((resolve) => util.callbackify(async () => { throw null; })((error) => resolve([error.code, error.message, error.reason]))));
  throws("callbackify nothing", () => util.callbackify(5));
  function Child() {}
  function Parent() {}
  Parent.prototype.hi = () => "hi";
  util.inherits(Child, Parent);
  is("inherits", [new Child().hi(), Child.super_ === Parent, Object.keys(Child)]);
  throws("inherits nothing", () => util.inherits(Child, null));
  const old = util.deprecate((a) => a + 1, "old thing", "DEP_TEST");
  is("deprecate", [old(1), old(2)]);
  const same = [
    [[1, 2], [1, 2]], [{ a: 1, b: 2 }, { b: 2, a: 1 }], [NaN, NaN], [0, -0], ["1", 1], [new Date(1), new Date(1)], [/a/g, /a/i], [new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1])],
    [new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])], [[1, , 2], [1, undefined, 2]], [Object(1), Object(1)], [Object(1), 1], [new Foo(), { a: 1 }], [circular, circular],
    [new Error("a"), new Error("a")], [new Error("a"), new Error("b")], [Buffer.from("a"), Buffer.from("a")], [new Uint8Array([1]), [1]], [null, undefined], [{}, []], [Symbol.iterator, Symbol.iterator],
    [new Float32Array([0]), new Float32Array([-0])], [{ [Symbol.for("x")]: 1 }, { [Symbol.for("x")]: 2 }], [new Set([1, 2]), new Set([1, 3])], [new Map([[1, { a: 1 }]]), new Map([[1, { a: 2 }]])],
    [Object.create(null), {}], [() => {}, () => {}], [{ a: undefined }, {}], [new String("a"), new String("a")], [[1, 2, 3], [1, 2]],
  ];
  is("isDeepStrictEqual", same.map(([a, b]) => util.isDeepStrictEqual(a, b)));
  const subjects = [new Date(), /x/, new Map(), new Set(), new WeakMap(), new WeakSet(), Promise.resolve(), new Error("e"), new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), new Uint8Array(1), new Float64Array(1), async () => {}, function* () {}, (function* () {})(), Object(1), Object("s"), Object(Symbol("y")), Object(1n), Object(false), values.args, [], {}, null, 5, new Map().keys(), new Set().values()];
  for (const name of Object.keys(util.types)) {
    if (["isProxy", "isExternal", "isEventTarget", "isFloat16Array"].includes(name) || typeof types[name] !== "function") continue;
    is(`types.${name}`, subjects.map((one) => types[name](one)));
  }
  is("stripVTControlCharacters", util.stripVTControlCharacters("\x1b[31mred\x1b[0m"));
  is("styleText", util.styleText(["bold", "underline"], "y"));
  is("toUSVString", util.toUSVString("a\ud800"));
  is("parseArgs", { ...util.parseArgs({ args: ["-f", "--bar", "b", "pos"], allowPositionals: true, options: { foo: { type: "boolean", short: "f" }, bar: { type: "string" } } }).values });
  throws("parseArgs unknown", () => util.parseArgs({ args: ["--x"], options: {} }));
  const mime = new util.MIMEType('Text/HTML; charset="utf-8"; q="a\\"b"; charset=x');
  is("MIMEType", [mime.type, mime.subtype, mime.essence, mime.params.get("charset"), mime.params.get("q"), String(mime)]);
  mime.params.set("new", "a b");
  mime.params.delete("q");
  is("MIMEParams", [String(mime.params), [...mime.params.keys()], mime.params.has("q"), mime.params.get("none")]);
  throws("MIMEType wrong", () => new util.MIMEType("text"));
  is("getSystemErrorName", [util.getSystemErrorName(-2), util.getSystemErrorName(-104)]);
  is("legacy", [util.isArray([]), util.inspect.custom === Symbol.for("nodejs.util.inspect.custom"), util.TextEncoder === TextEncoder]);
  await rejects("aborted", util.aborted(AbortSignal.abort(), {}));
  is("debuglog", [typeof util.debuglog("x"), util.debuglog("x").enabled]);
}
