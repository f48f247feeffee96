// What every handler in this folder asks before it begins: whether a request was here before it.
const prototypes = [
  Object, Function, Array, String, Number, Boolean, Symbol, Error, TypeError, RegExp, Promise, Map, Set, Date,
  ArrayBuffer, Uint8Array, BigInt, Headers, Request, Response, URL,
].map((c) => c.prototype);
prototypes.push(Math, JSON, Reflect, console, process.env, Object.getPrototypeOf(function* () {}).prototype);
const originals = prototypes.map(describe);
const globals = Object.getOwnPropertyNames(globalThis).join();
let requests = 0;
export const history = [];

function describe(object) {
  const keys = Reflect.ownKeys(object);
  return { keys, values: keys.map((key) => Reflect.getOwnPropertyDescriptor(object, key).value) };
}

// Throws unless the world is the one that the top level left. Of each prototype it looks at how many properties there
// are, of one chosen by `turn` at all of them.
export function check(request) {
  if (requests++ !== 0 || history.length !== 0) throw new Error("module state is not pristine");
  if (Object.getOwnPropertyNames(globalThis).join() !== globals) throw new Error("globals are not pristine");
  for (let i = 0; i < prototypes.length; i++) {
    if (Reflect.ownKeys(prototypes[i]).length !== originals[i].keys.length || !Object.isExtensible(prototypes[i])) {
      throw new Error("prototype " + i + " is not pristine");
    }
  }
  const turn = Number(request.headers.get("x-turn")) % prototypes.length;
  const { keys, values } = describe(prototypes[turn]);
  for (let i = 0; i < keys.length; i++) {
    if (keys[i] !== originals[turn].keys[i] || !Object.is(values[i], originals[turn].values[i])) {
      throw new Error("prototype " + turn + " is not pristine: " + String(keys[i]));
    }
  }
}

export function assert(condition, what) {
  if (!condition) throw new Error("wrong: " + what);
}

// What Python compares from request to request.
export function report() {
  return new Response([Math.random(), Date.now(), performance.now()].join(" "));
}

// A hash over everything that can be reached from the global object: names, attributes, values and functions' text.
export function fingerprint() {
  let hash = 0x811c9dc5;
  const seen = new Map();
  const add = (text) => {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  };
  const visit = (value) => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) {
      return add(typeof value + String(value));
    }
    if (seen.has(value)) return add("#" + seen.get(value));
    seen.set(value, seen.size);
    visit(Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const property = Reflect.getOwnPropertyDescriptor(value, key);
      add(String(key) + property.writable + property.enumerable + property.configurable);
      for (const part of ["value", "get", "set"]) visit(property[part]);
    }
  };
  visit(globalThis);
  return new Response(seen.size + "-" + hash);
}
