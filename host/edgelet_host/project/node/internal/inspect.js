// The npm package node-inspect-extracted, which looks for Atomics while it loads: there is none, and it uses none.
"use strict";

const had = "Atomics" in globalThis;
if (!had) globalThis.Atomics = {};
const extracted = require("../node_modules/node-inspect-extracted/dist/inspect.js");
if (!had) delete globalThis.Atomics;

// A stack has no first line here that says what is wrong.
Object.defineProperty(Error.prototype, extracted.inspect.custom, {
  value(depth, options, inspect) {
    const said = Error.prototype.toString.call(this);
    const code = typeof this.code === "string" && !said.includes(this.code) ? said.replace(/^[^:]*/, `$& [${this.code}]`) : said;
    const stack = typeof this.stack === "string" ? this.stack.trimEnd() : "";
    const text = stack === "" ? `[${code}]` : `${code}\n${stack}`;
    const own = { ...this };
    for (const name of ["cause", "errors"]) if (Object.hasOwn(this, name)) own[`[${name}]`] = this[name];
    return Object.keys(own).length > 0 && depth >= 0 ? `${text} ${inspect(own, options)}` : text;
  },
  configurable: true,
  writable: true,
});
module.exports = extracted;
