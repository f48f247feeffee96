// node:console: the global console, which gets a class that writes to streams.
"use strict";

const { withCode } = require("../internal/errors.js");

class Console {
  #streams;
  #group = "";
  #counts = new Map();
  #times = new Map();
  constructor(given, second) {
    const { stdout, stderr = stdout } = typeof given?.write === "function" ? { stdout: given, stderr: second } : given;
    for (const stream of [stdout, stderr]) {
      if (typeof stream?.write !== "function") {
        throw withCode(
          TypeError,
          "ERR_CONSOLE_WRITABLE_STREAM",
          `Console expects a writable stream instance for ${stream === stdout ? "stdout" : "stderr"}`,
        );
      }
    }
    this.#streams = { stdout, stderr };
    for (const name of Object.getOwnPropertyNames(Console.prototype)) {
      if (name !== "constructor") this[name] = this[name].bind(this);
    }
  }
  #write(to, args) {
    const text = require("./util.js").format(...args);
    this.#streams[to].write(`${this.#group}${text.replaceAll("\n", `\n${this.#group}`)}\n`);
  }
  log(...args) {
    this.#write("stdout", args);
  }
  info(...args) {
    this.#write("stdout", args);
  }
  debug(...args) {
    this.#write("stdout", args);
  }
  warn(...args) {
    this.#write("stderr", args);
  }
  error(...args) {
    this.#write("stderr", args);
  }
  trace(...args) {
    const text = require("./util.js").format(...args);
    this.#write("stderr", [`Trace${text && `: ${text}`}`]);
  }
  dir(value, options) {
    this.#write("stdout", [require("./util.js").inspect(value, { customInspect: false, ...options })]);
  }
  dirxml(...args) {
    this.#write("stdout", args);
  }
  assert(condition, ...args) {
    if (condition) return;
    if (typeof args[0] === "string") args[0] = `Assertion failed: ${args[0]}`;
    else args.unshift(args.length > 0 ? "Assertion failed:" : "Assertion failed");
    this.#write("stderr", args);
  }
  count(label = "default") {
    this.#counts.set(`${label}`, (this.#counts.get(`${label}`) ?? 0) + 1);
    this.#write("stdout", [`${label}: ${this.#counts.get(`${label}`)}`]);
  }
  countReset(label = "default") {
    this.#counts.delete(`${label}`);
  }
  group(...args) {
    if (args.length > 0) this.#write("stdout", args);
    this.#group += "  ";
  }
  groupCollapsed(...args) {
    this.group(...args);
  }
  groupEnd() {
    this.#group = this.#group.slice(2);
  }
  table(data) {
    this.#write("stdout", [data]);
  }
  time(label = "default") {
    this.#times.set(`${label}`, performance.now());
  }
  timeLog(label = "default", ...args) {
    this.#write("stdout", [`${label}: ${(performance.now() - this.#times.get(`${label}`)).toFixed(3)}ms`, ...args]);
  }
  timeEnd(label = "default") {
    this.timeLog(label);
    this.#times.delete(`${label}`);
  }
}

Object.defineProperty(console, "Console", { value: Console, configurable: true, writable: true });
module.exports = console;
