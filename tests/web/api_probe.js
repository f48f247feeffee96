// What of the names given is there as a global, with its members: { name: { kind, statics, members } }.

const OF_FUNCTIONS = ["length", "name", "prototype", "arguments", "caller"];

function shown(key) {
  return typeof key === "symbol" ? `[${key.description}]` : key;
}

// Not what a platform has for itself.
function isPublic(key) {
  return !key.startsWith("_") && (!key.startsWith("[") || key.startsWith("[Symbol."));
}

// Enumerable or not, own or not, but for what every object and function has.
function membersOf(object, without) {
  const found = new Set();
  for (let at = object; at && at !== Object.prototype && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) found.add(shown(key));
  }
  for (const key of without) found.delete(key);
  return [...found].filter(isPublic).sort();
}

function inherited(value) {
  const parent = Object.getPrototypeOf(value);
  return parent === Function.prototype ? [] : membersOf(parent, []);
}

function described(value) {
  const plain = ["constructor", "[Symbol.toStringTag]"];
  if (value === globalThis) return { kind: "object", statics: [], members: [] };
  if (typeof value === "function" && value.prototype) {
    const parent = value.prototype && Object.getPrototypeOf(value.prototype);
    const own = Object.getOwnPropertyDescriptors(value.prototype);
    const above = parent === Object.prototype ? [] : membersOf(parent, []).filter((key) => !(key in own));
    return {
      kind: "class",
      statics: membersOf(value, [...OF_FUNCTIONS, ...inherited(value)]),
      members: membersOf(value.prototype, [...plain, ...above]),
    };
  }
  if (typeof value === "function") return { kind: "function", statics: [], members: [] };
  return { kind: "object", statics: [], members: Object(value) === value ? membersOf(value, plain) : [] };
}

export function describe(names) {
  const found = {};
  for (const name of new Set([...names, ...membersOf(globalThis, ["constructor"])])) {
    if (name in globalThis && !(name in Object.prototype)) found[name] = described(globalThis[name]);
  }
  return found;
}
