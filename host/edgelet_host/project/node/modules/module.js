// node:module: the names of Node.js' modules; what a function needs is in its bundle.
"use strict";

const { absentAll } = require("../internal/errors.js");

const builtinModules = (
  "assert assert/strict async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns " +
  "dns/promises domain events fs fs/promises http http2 https inspector inspector/promises module net os path path/posix " +
  "path/win32 perf_hooks process punycode querystring readline readline/promises repl stream stream/consumers " +
  "stream/promises stream/web string_decoder sys timers timers/promises tls trace_events tty url util util/types v8 vm " +
  "wasi worker_threads zlib"
).split(" ");
const PREFIXED = ["sea", "sqlite", "test", "test/reporters"];

function isBuiltin(name) {
  const plain = name.startsWith("node:") ? name.slice(5) : name;
  return builtinModules.includes(plain) || (name.startsWith("node:") && PREFIXED.includes(plain));
}

module.exports = {
  builtinModules,
  isBuiltin,
  ...absentAll(
    "module",
    "createRequire enableCompileCache findPackageJSON findSourceMap register registerHooks runMain stripTypeScriptTypes " +
      "syncBuiltinESMExports SourceMap Module",
    "a device loads nothing but the bundle: import what you need",
  ),
};
