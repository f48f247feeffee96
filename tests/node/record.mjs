// Writes down what a script finds, as text that is the same in Node.js and on a device.

function shown(value) {
  if (value === undefined) return "undefined";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "symbol" || typeof value === "function") return `${typeof value} ${String(value.name ?? value.description)}`;
  if (value instanceof Error) return failure(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} ${[...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]}`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer ${[...new Uint8Array(value)]}`;
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name} ${shown([...value])}`;
  if (value !== null && typeof value === "object") {
    return `{${Reflect.ownKeys(value).map((key) => `${String(key)}: ${shown(value[key])}`).join(", ")}}`;
  }
  return JSON.stringify(value);
}

function failure(error) {
  if (!(error instanceof Error)) return `threw ${shown(error)}`;
  return [error.name, error.code, error.message].map(String).join(" | ");
}

export async function record(script) {
  const found = [];
  const note = (label, text) => found.push([label, text]);
  await script({
    is: (label, value) => note(label, shown(value)),
    throws(label, action) {
      try {
        note(label, `gave ${shown(action())}`);
      } catch (error) {
        note(label, failure(error));
      }
    },
    async rejects(label, promise) {
      try {
        note(label, `gave ${shown(await promise)}`);
      } catch (error) {
        note(label, failure(error));
      }
    },
  });
  return found;
}
