// Typed arrays, buffers and views, of which the firmware makes each when it is first named: what the same script says
// in Node and in the firmware.

// Named in this order, so that one whose kin is not there yet is among them.
const CONSTRUCTORS = {
  Float64Array: () => Float64Array,
  Uint8ClampedArray: () => Uint8ClampedArray,
  Uint8Array: () => Uint8Array,
  Int8Array: () => Int8Array,
  Int16Array: () => Int16Array,
  Uint16Array: () => Uint16Array,
  Int32Array: () => Int32Array,
  Uint32Array: () => Uint32Array,
  Float32Array: () => Float32Array,
  BigInt64Array: () => BigInt64Array,
  BigUint64Array: () => BigUint64Array,
};

function describe(name, constructor) {
  const one = name.startsWith("Big") ? 300n : 300.5;
  const array = constructor.from([one, one]);
  const base = Object.getPrototypeOf(constructor);
  return [
    name, constructor.name, constructor.length, constructor.BYTES_PER_ELEMENT, array.BYTES_PER_ELEMENT,
    globalThis[name] === constructor, base === Object.getPrototypeOf(Uint8Array), base.name, array instanceof base,
    Object.getPrototypeOf(constructor.prototype) === base.prototype, Object.prototype.toString.call(array),
    base.prototype.toString === Array.prototype.toString, array, array.map((x) => x).constructor === constructor,
    array.buffer instanceof ArrayBuffer, array.buffer.byteLength, constructor.of(one).length,
    structuredClone(array).constructor === constructor,
  ];
}

function views() {
  const view = new DataView(new ArrayBuffer(8), 1);
  view.setInt16(0, -2);
  return [
    view.getUint8(0), view.byteLength, new Int8Array(view.buffer), DataView.name,
    Object.getOwnPropertyNames(DataView.prototype).includes("getBigInt64"), ArrayBuffer.isView(view),
  ];
}

function withoutGlobals() {
  const bytes = new TextEncoder().encode("ab");
  delete globalThis.Uint8Array;
  delete globalThis.ArrayBuffer;
  return [new TextEncoder().encode("ab").constructor === bytes.constructor, typeof Uint8Array, bytes.slice(1)];
}

export function run() {
  const described = Object.entries(CONSTRUCTORS).map(([name, get]) => describe(name, get()));
  return [...described.flat(), ...views(), ...withoutGlobals()].map(String);
}
