// done: globals replaced, deleted and frozen
import { assert, check, history, report } from "./pristine.js";

export default {
  async fetch(request) {
    check(request);
    const response = report();
    history.push(globalThis.JSON);
    globalThis.leak = "leak";
    globalThis.Date = class extends Date {};
    globalThis.Math.random = () => 0.5;
    process.env.TOKEN = "other";
    delete process.env.REGION;
    for (const name of ["JSON", "Map", "Uint8Array", "console", "setTimeout", "undefinedName"]) delete globalThis[name];
    assert(typeof JSON === "undefined" && Math.random() === 0.5, "deleted");
    globalThis.Promise = null;
    globalThis.Object.prototype.__proto__ = null;
    Object.freeze(globalThis);
    return response;
  },
};
