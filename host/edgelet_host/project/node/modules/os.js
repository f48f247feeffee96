// node:os: a device is one processor, whose memory is that of the function.
"use strict";

const native = require("../internal/native.mjs").default;
const { absentAll } = require("../internal/errors.js");

const signals = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGUSR1: 10, SIGUSR2: 12, SIGPIPE: 13, SIGTERM: 15 };

module.exports = {
  EOL: "\n",
  devNull: "/dev/null",
  constants: { UV_UDP_REUSEADDR: 4, dlopen: {}, errno: {}, signals, priority: {} },
  arch: () => "unknown",
  availableParallelism: () => 1,
  cpus: () => [],
  endianness: () => "LE",
  freemem: () => native.memory()[1],
  homedir: () => "/",
  hostname: () => "localhost",
  loadavg: () => [0, 0, 0],
  machine: () => "unknown",
  networkInterfaces: () => ({}),
  platform: () => "linux",
  release: () => "",
  tmpdir: () => "/tmp",
  totalmem: () => native.memory()[0],
  type: () => "edgelet",
  uptime: () => performance.now() / 1000,
  version: () => "",
  ...absentAll("os", "getPriority setPriority userInfo", "a device has neither users nor processes"),
};
