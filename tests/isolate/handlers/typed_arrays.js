// done: typed arrays, DataView, resizing and text encoding, at module level too
import { assert, check, history, report } from "./pristine.js";

const table = new Uint32Array(256);

export default {
  async fetch(request) {
    check(request);
    assert(table.every((x) => x === 0), "table");
    for (let i = 0; i < 256; i++) table[i] = i * 2654435761;
    const view = new DataView(table.buffer);
    assert(view.getUint32(8, true) === table[2], "DataView");
    assert(Float64Array.of(3, 1, 2).sort().join() === "1,2,3", "sort");
    const bytes = new TextEncoder().encode("grüße");
    assert(bytes.length === 7 && new TextDecoder().decode(bytes) === "grüße", "text");
    const buffer = new ArrayBuffer(8, { maxByteLength: 64 });
    buffer.resize(64);
    assert(new Uint8Array(buffer).subarray(1).length === 63, "resize");
    history.push(buffer);
    return report();
  },
};
