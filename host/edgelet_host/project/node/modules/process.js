// node:process: the global process, with what a device can say.
"use strict";

const native = require("../internal/native.mjs").default;
const EventEmitter = require("./events.js");
const { absentAll, invalidType, withCode } = require("../internal/errors.js");
const { nextTick } = require("../internal/next_tick.js");

const process = globalThis.process;
const version = "v24.0.0";

// Times

function hrtime(before) {
  const now = performance.now() / 1000;
  let seconds = Math.floor(now);
  let nanoseconds = Math.floor((now - seconds) * 1e9);
  if (before !== undefined) {
    if (!Array.isArray(before)) throw invalidType("time", "Array", before);
    if (before.length !== 2) {
      throw withCode(
        RangeError,
        "ERR_OUT_OF_RANGE",
        `The value of "time" is out of range. It must be 2. Received ${before.length}`,
      );
    }
    seconds -= before[0];
    nanoseconds -= before[1];
    if (nanoseconds < 0) {
      seconds--;
      nanoseconds += 1e9;
    }
  }
  return [seconds, nanoseconds];
}
hrtime.bigint = () => BigInt(Math.floor(performance.now() * 1e6));

function memoryUsage() {
  const [limit, left] = native.memory();
  return { rss: limit, heapTotal: limit, heapUsed: limit - left, external: 0, arrayBuffers: 0 };
}
memoryUsage.rss = () => native.memory()[0];

// Warnings and output go to the log.

function emitWarning(warning, type, code) {
  const options = typeof type === "object" && type !== null ? type : { type, code };
  let error = warning;
  if (typeof warning === "string") {
    error = new Error(warning);
    error.name = options.type ?? "Warning";
    if (options.code !== undefined) error.code = options.code;
    if (options.detail !== undefined) error.detail = options.detail;
  } else if (!(warning instanceof Error)) {
    throw invalidType("warning", ["string", "Error"], warning);
  }
  if (error.name === "DeprecationWarning" && process.noDeprecation) return;
  nextTick(() => {
    const code = error.code ? `[${error.code}] ` : "";
    console.warn(`${code}${error.name}: ${error.message}${error.detail ? `\n${error.detail}` : ""}`);
    process.emit("warning", error);
  });
}

function output(fd, level) {
  let stream;
  return {
    get: () => (stream ??= makeOutput(fd, level)),
    enumerable: true,
    configurable: true,
  };
}

// Lines of the log: what follows the last line end waits for the next one, or for the end of the turn.
function makeOutput(fd, level) {
  let rest = "";
  let due = false;
  const flush = () => {
    due = false;
    if (rest !== "") console[level](rest);
    rest = "";
  };
  const stream = new EventEmitter();
  const write = (chunk, encoding, callback) => {
    if (typeof chunk !== "string" && !ArrayBuffer.isView(chunk)) {
      throw invalidType("chunk", ["string", "Buffer", "Uint8Array"], chunk);
    }
    const lines = (rest + (typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk))).split("\n");
    rest = lines.pop();
    for (const line of lines) console[level](line);
    if (rest !== "" && !due) {
      due = true;
      nextTick(flush);
    }
    const done = typeof encoding === "function" ? encoding : callback;
    if (done) nextTick(done);
    return true;
  };
  const end = (chunk, encoding, callback) => {
    if (chunk !== undefined && chunk !== null && typeof chunk !== "function") write(chunk, encoding, callback);
    return stream;
  };
  return Object.assign(stream, {
    fd,
    columns: undefined,
    isTTY: false,
    writable: true,
    writableLength: 0,
    cork() {},
    uncork() {},
    destroy: () => stream,
    end,
    getColorDepth: () => 1,
    hasColors: () => false,
    write,
  });
}

const WAY_OUT = "answer the request, or throw an error";
const WAY_ALONE = "a function is no process of its own";

const members = {
  nextTick,
  hrtime,
  memoryUsage,
  emitWarning,
  version,
  versions: { node: version.slice(1) },
  release: { name: "node", lts: false },
  title: "edgelet",
  arch: "unknown",
  platform: "linux",
  pid: 1,
  ppid: 0,
  argv: ["node", "/main.js"],
  argv0: "node",
  execArgv: [],
  execPath: "/node",
  exitCode: undefined,
  config: { target_defaults: {}, variables: {} },
  features: { inspector: false, debug: false, uv: false, ipv6: true, tls: true, typescript: false },
  allowedNodeEnvironmentFlags: new Set(),
  noDeprecation: false,
  throwDeprecation: false,
  traceDeprecation: false,
  cwd: () => "/",
  umask: () => 0o22,
  uptime: () => performance.now() / 1000,
  availableMemory: () => native.memory()[1],
  constrainedMemory: () => native.memory()[0],
  getActiveResourcesInfo: () => [],
  hasUncaughtExceptionCaptureCallback: () => false,
  ...absentAll("process", "exit abort reallyExit", WAY_OUT),
  ...absentAll(
    "process",
    "chdir cpuUsage kill dlopen setuid setgid seteuid setegid setgroups initgroups loadEnvFile resourceUsage " +
      "setUncaughtExceptionCaptureCallback setSourceMapsEnabled",
    WAY_ALONE,
  ),
};

// The listeners of events of a process, of which a device emits "warning" only.
const emitter = new EventEmitter();
for (const name of Object.keys(EventEmitter.prototype)) {
  if (typeof emitter[name] === "function") {
    members[name] = (...args) => {
      const result = emitter[name](...args);
      return result === emitter ? process : result;
    };
  }
}

for (const [name, value] of Object.entries(members)) {
  if (!(name in process)) {
    Object.defineProperty(process, name, { value, enumerable: true, configurable: true, writable: true });
  }
}
Object.defineProperties(process, { stdout: output(1, "log"), stderr: output(2, "error") });
Object.defineProperty(process, Symbol.toStringTag, { value: "process", configurable: true });

module.exports = process;
