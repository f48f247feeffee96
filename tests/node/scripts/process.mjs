import os from "node:os";
import process from "node:process";
import { setImmediate as immediate } from "node:timers/promises";
import tty from "node:tty";
import timers, { setTimeout as set } from "node:timers";
import promises from "node:timers/promises";
import { performance as perf } from "node:perf_hooks";
import module from "node:module";
import net from "node:net";

export default async function ({ is, throws, rejects }) {
  is("global", process === globalThis.process);
  is("members", [process.platform, process.argv.length, process.cwd() !== "", typeof process.pid, process.title !== "", typeof process.version, process.versions.node === process.version.slice(1)]);
  is("env", [typeof process.env, process.env.NOT_THERE, "NOT_THERE" in process.env]);
  is("hrtime", [process.hrtime().length, typeof process.hrtime.bigint(), process.hrtime(process.hrtime())[0]]);
  throws("hrtime of text", () => process.hrtime("a"));
  throws("hrtime of one", () => process.hrtime([1]));
  is("bigint grows", process.hrtime.bigint() <= process.hrtime.bigint());
  is("memoryUsage", Object.keys(process.memoryUsage()));
  is("heapUsed", process.memoryUsage().heapUsed > 1000);
  is("uptime", process.uptime() >= 0);
  is("emitter", [typeof process.on, process.listenerCount("nothing"), process.once("x", () => {}) === process, process.emit("x")]);
  throws("nextTick of nothing", () => process.nextTick());
  const order = [];
  const done = new Promise((resolve) => {
    setTimeout(() => {
      Promise.resolve().then(() => order.push("then 1"));
      process.nextTick(() => {
        order.push("tick 1");
        process.nextTick(() => order.push("tick in tick"));
        Promise.resolve().then(() => order.push("then in tick"));
      });
      queueMicrotask(() => {
        order.push("microtask");
        process.nextTick((...args) => order.push("tick in microtask", ...args), 1, 2);
        queueMicrotask(() => order.push("microtask in microtask"));
      });
      process.nextTick(() => order.push("tick 2"));
      order.push("now");
      setTimeout(resolve, 5);
    }, 1);
  });
  await done;
  is("order", order);
  const warnings = [];
  process.on("warning", (warning) => warnings.push([warning.name, warning.message, warning.code]));
  process.emitWarning("careful", "MyWarning", "W1");
  process.emitWarning("old", { type: "DeprecationWarning", code: "D1" });
  process.emitWarning("old", { type: "DeprecationWarning", code: "D1" });
  await new Promise((resolve) => setTimeout(resolve, 2));
  is("emitWarning", warnings);
  throws("emitWarning of a number", () => process.emitWarning(5));
  is("stdout", [typeof process.stdout.write, process.stdout.isTTY ?? false, process.stderr.fd]);

  const timeout = set(() => {}, 50);
  is("Timeout", [timeout.hasRef(), timeout.ref() === timeout, timeout.unref() === timeout, timeout.refresh() === timeout, typeof +timeout, timeout.constructor.name]);
  clearTimeout(timeout);
  is("clear", [clearTimeout(undefined), clearTimeout(null), clearTimeout({}), clearInterval(5)]);
  const fired = [];
  const cleared = setTimeout(() => fired.push("cleared"), 1);
  clearTimeout(+cleared);
  clearTimeout(setTimeout(() => fired.push("cleared, too"), 1));
  clearImmediate(setImmediate(() => fired.push("immediate")));
  setTimeout((...args) => fired.push(args), 2, "a", 1);
  const interval = setInterval(() => {
    fired.push("i");
    if (fired.filter((one) => one === "i").length === 2) clearInterval(interval);
  }, 3);
  await promises.setTimeout(30);
  is("timers", fired);
  throws("setTimeout of text", () => timers.setTimeout("a", 1));
  throws("setImmediate of nothing", () => setImmediate());
  is("promised", [await promises.setTimeout(1, "v"), await immediate("w"), await promises.scheduler.wait(1)]);
  const controller = new AbortController();
  const waiting = promises.setTimeout(1000, null, { signal: controller.signal });
  controller.abort();
  await rejects("aborted", waiting);
  await rejects("aborted before", promises.setTimeout(1, null, { signal: AbortSignal.abort() }));
  await rejects("bad options", promises.setTimeout(1, null, 5));
  const values = [];
  for await (const value of promises.setInterval(1, "x")) if (values.push(value) === 3) break;
  is("intervals", values);
  is("promisify", await (await import("node:util")).promisify(setTimeout)(1, "p"));

  is("os", [os.EOL, typeof os.totalmem(), os.endianness(), os.platform(), os.tmpdir(), os.devNull, os.constants.signals.SIGTERM, os.homedir() !== undefined]);
  is("tty", [tty.isatty(9), tty.isatty(-1)]);
  is("perf_hooks", [perf === performance, perf.now() >= 0, typeof perf.timeOrigin]);
  is("module", [module.isBuiltin("fs"), module.isBuiltin("node:fs/promises"), module.isBuiltin("left-pad"), module.isBuiltin("test"), module.isBuiltin("node:test"), module.builtinModules.includes("path")]);
  is("net", ["127.0.0.1", "1.2.3", "256.1.1.1", "01.2.3.4", "::1", "::ffff:1.2.3.4", "fe80::1%eth0", "1::2::3", "", "g::", "12345::"].map((one) => net.isIP(one)));
  is("net is", [net.isIPv4("1.1.1.1"), net.isIPv6("1.1.1.1"), net.isIPv6("::")]);
}
