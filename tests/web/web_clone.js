// structuredClone: what the same script says in Node and in the firmware.

function attempt(work) {
  try {
    return work();
  } catch (error) {
    return error.name;
  }
}

function show(value, seen = []) {
  if (typeof value === "bigint") {
    return `${value}n`;
  }
  if (typeof value !== "object" || value === null) {
    return Object.is(value, -0) ? "-0" : typeof value === "string" ? JSON.stringify(value) : String(value);
  }
  if (seen.includes(value)) {
    return `#${seen.indexOf(value)}`;
  }
  seen.push(value);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  const parts = [];
  if (value instanceof Map || value instanceof Set) {
    for (const item of value) {
      parts.push(show(item, seen));
    }
  } else if (value instanceof Date) {
    parts.push(value.getTime());
  } else if (value instanceof RegExp) {
    parts.push(String(value), value.lastIndex);
  } else if (value instanceof Error) {
    parts.push(value.name, value.message, value.constructor.name);
  } else if (value instanceof ArrayBuffer) {
    parts.push([...new Uint8Array(value)].join());
  } else if (value instanceof DataView) {
    parts.push(value.byteOffset, value.byteLength);
  } else if (ArrayBuffer.isView(value)) {
    parts.push([...value].join(), value.byteOffset, value.length);
  } else if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    parts.push(typeof value.valueOf(), value.valueOf());
  } else {
    for (const key of Object.keys(value)) {
      parts.push(`${key}:${show(value[key], seen)}`);
    }
    if (Array.isArray(value)) {
      parts.push(`length ${value.length}`);
    }
  }
  return `${kind}(${parts.join(" ")})`;
}

class Point {
  constructor() {
    this.x = 1;
  }
  get sum() {
    return 2;
  }
}

function values() {
  const shared = { s: 1 };
  const loop = { list: [] };
  loop.self = loop;
  loop.list.push(loop, [loop]);
  const map = new Map([[shared, "a"], ["b", shared]]);
  map.set("map", map);
  const buffer = new ArrayBuffer(8);
  new Uint8Array(buffer).set([1, 2, 3, 4, 5, 6, 7, 8]);
  const deep = {};
  let at = deep;
  for (let i = 0; i < 500; i++) {
    at = at.d = {};
  }
  const hidden = Object.defineProperty({ a: 1 }, "b", { value: 2, enumerable: false });
  const regexp = /a(b)?/giu;
  regexp.lastIndex = 3;
  return {
    primitives: [undefined, null, true, 1, -0, NaN, Infinity, 1.5, "", "\u00e9\ud800", 5n, -(2n ** 70n)],
    holes: [1, , 3], sparse: Object.assign([], { 5: "x", extra: "y" }), nested: { a: { b: [{ c: 1 }] } }, keys: { 2: "b", 1: "a", z: 0, __proto__: null },
    shared: [shared, shared], loop, map, set: new Set([1, "1", shared, [shared]]), date: new Date(86400000), badDate: new Date(NaN), regexp,
    buffer, bytes: new Uint8Array(buffer, 2, 3), wide: [new Uint16Array(buffer), new Float64Array(buffer), new BigInt64Array(buffer), new Uint8ClampedArray(2)],
    view: new DataView(buffer, 1, 4), errors: [new Error("e"), new TypeError("t"), new RangeError(), Object.assign(new Error("n"), { name: "Other", code: 5 })],
    boxed: [new Number(1), new String("s"), new Boolean(false)], instance: new Point(), getter: { get a() { return [1]; } }, hidden, symbolKey: { [Symbol("k")]: 1, a: 2 },
    nullProto: Object.assign(Object.create(null), { a: 1 }), frozen: Object.freeze({ a: Object.freeze([1]) }), empty: [{}, [], new Map(), new Set()], deep: [Object.keys(deep)],
    deepClone: depth(deep),
  };
}

function depth(value) {
  let levels = 0;
  for (let at = structuredClone(value); at; at = at.d) {
    levels++;
  }
  return levels;
}

function transferring() {
  const lines = [];
  const bytes = () => new Uint8Array([1, 2, 3]);
  const one = bytes();
  const copy = structuredClone({ one, again: one.buffer }, { transfer: [one.buffer] });
  lines.push(one.length, one.buffer.byteLength, show(copy), copy.one.buffer === copy.again);
  const unused = bytes();
  lines.push(show(structuredClone("x", { transfer: [unused.buffer] })), unused.length);
  for (const options of [undefined, null, {}, { transfer: undefined }, { transfer: [] }, { transfer: new Set() }]) {
    lines.push(show(structuredClone(bytes(), options)));
  }
  const view = bytes();
  for (const transfer of [[view.buffer, view.buffer], [view], [{}], [5], [one.buffer], 5]) {
    lines.push(typeof attempt(() => structuredClone(1, { transfer })));
  }
  lines.push(view.length, attempt(() => structuredClone({ a: view, b: () => 1 }, { transfer: [view.buffer] })), view.length);
  const shared = new Uint8Array(new ArrayBuffer(8), 2, 4);
  const moved = structuredClone([shared, new DataView(shared.buffer, 1)], { transfer: [shared.buffer] });
  lines.push(show(moved), shared.length, moved[0].buffer === moved[1].buffer);
  return lines;
}

function causes() {
  const lines = [];
  for (const error of [new Error("x", { cause: { a: [1] } }), new TypeError("t", { cause: new RangeError("inner", { cause: 5 }) }), new Error("u", { cause: undefined }), new Error("none")]) {
    const clone = structuredClone(error);
    const own = Object.getOwnPropertyDescriptor(clone, "cause");
    lines.push(`${clone.name} ${"cause" in clone} ${clone.cause === clone} ${own?.enumerable} ${show(clone.cause)} ${show(clone.cause?.cause)}`);
  }
  lines.push(typeof attempt(() => structuredClone(new Error("f", { cause: () => 1 }))));
  const boxed = structuredClone(Object(5n));
  lines.push(typeof boxed, typeof boxed.valueOf(), String(boxed), boxed instanceof BigInt);
  return lines;
}

export function run() {
  const lines = [];
  for (const [label, value] of Object.entries(values())) {
    lines.push(`${label} ${attempt(() => show(structuredClone(value)))}`);
  }
  const original = { a: [1], m: new Map([[1, { b: 2 }]]) };
  const clone = structuredClone(original);
  clone.a.push(2);
  clone.m.get(1).b = 3;
  lines.push(show(original), show(clone), clone.a instanceof Array, Object.getPrototypeOf(clone) === Object.prototype);
  const pair = structuredClone({ buffer: original.b, one: new Uint8Array(4) });
  pair.one[0] = 9;
  lines.push(show(pair));
  for (const refused of [() => 1, Symbol("x"), { f() {} }, [Symbol.iterator], new WeakMap(), Promise.resolve(1), { get a() { throw new RangeError("x"); } }, new Proxy({}, {})]) {
    lines.push(attempt(() => show(structuredClone(refused))));
  }
  lines.push(attempt(() => structuredClone()), attempt(() => { structuredClone(() => 1); }));
  return [...lines, ...transferring(), ...causes()].map(String);
}

// Pairs of what is right and what is said here, where Node fails.
export function runStandard() {
  const cyclic = new Error("cyclic");
  cyclic.cause = { list: [cyclic] };
  const clone = structuredClone(cyclic);
  return [[true, clone !== cyclic && clone.cause.list[0] === clone]];
}
