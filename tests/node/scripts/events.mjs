import EventEmitter, { errorMonitor, getEventListeners, on, once } from "node:events";

export default async function ({ is, throws, rejects }) {
  const e = new EventEmitter();
  const seen = [];
  is("emit without listeners", e.emit("x"));
  const a = (...args) => seen.push(["a", ...args]);
  is("on chains", e.on("x", a) === e);
  e.once("x", (v) => seen.push(["once", v]));
  e.prependListener("x", () => seen.push(["first"]));
  is("emit", e.emit("x", 1, 2));
  is("emit again", e.emit("x", 3));
  is("order", seen);
  is("count", e.listenerCount("x"));
  is("names", e.eventNames());
  e.once("y", a);
  is("listeners unwraps", e.listeners("y")[0] === a);
  is("rawListeners does not", e.rawListeners("y")[0] === a);
  is("raw has listener", e.rawListeners("y")[0].listener === a);
  e.off("y", a);
  is("off", e.listenerCount("y"));
  throws("bad listener", () => e.on("x", 5));
  throws("bad listener undefined", () => e.on("x"));
  throws("error without listener", () => e.emit("error", new TypeError("boo")));
  throws("error with a text", () => e.emit("error", "boo"));
  throws("error with nothing", () => new EventEmitter().emit("error"));
  const monitored = new EventEmitter();
  const heard = [];
  monitored.on(errorMonitor, (error) => heard.push(error.message));
  throws("monitored", () => monitored.emit("error", new Error("seen")));
  is("monitor", heard);
  const meta = new EventEmitter();
  const log = [];
  meta.on("newListener", (name, fn) => log.push(["new", name, typeof fn]));
  meta.on("removeListener", (name) => log.push(["gone", name]));
  const f = () => {};
  meta.on("q", f);
  meta.removeListener("q", f);
  is("newListener and removeListener", log);
  meta.on("q", f).on("q", f);
  meta.removeAllListeners("q");
  is("removeAllListeners", [meta.listenerCount("q"), log.length]);
  is("max", [e.getMaxListeners(), EventEmitter.defaultMaxListeners]);
  is("setMaxListeners", e.setMaxListeners(3).getMaxListeners());
  throws("bad max", () => e.setMaxListeners(-1));
  throws("bad max type", () => e.setMaxListeners("a"));
  is("symbols", (e.on(Symbol("s"), f), e.eventNames().length));
  function Old() {
    EventEmitter.call(this);
  }
  Object.setPrototypeOf(Old.prototype, EventEmitter.prototype);
  const old = new Old();
  old.on("z", function (v) {
    is("this of a listener", this === old && v);
  });
  old.emit("z", 7);
  class Mine extends EventEmitter {}
  is("instanceof", [new Mine() instanceof EventEmitter, EventEmitter.EventEmitter === EventEmitter]);
  is("removing while emitting", (() => {
    const r = new EventEmitter();
    const out = [];
    const second = () => out.push(2);
    r.on("e", () => {
      out.push(1);
      r.off("e", second);
    });
    r.on("e", second);
    r.emit("e");
    r.emit("e");
    return out;
  })());
  const waiting = new EventEmitter();
  queueMicrotask(() => waiting.emit("go", 1, 2));
  is("once", await once(waiting, "go"));
  queueMicrotask(() => waiting.emit("error", new RangeError("no")));
  await rejects("once rejects", once(waiting, "go"));
  queueMicrotask(() => waiting.emit("error", new RangeError("fine")));
  is("once of error", (await once(waiting, "error"))[0].message);
  const controller = new AbortController();
  const aborted = once(waiting, "go", { signal: controller.signal });
  controller.abort();
  await rejects("once aborted", aborted);
  is("no listeners stay", waiting.eventNames());
  const target = new EventTarget();
  queueMicrotask(() => target.dispatchEvent(new Event("hi")));
  is("once of a target", (await once(target, "hi"))[0].type);
  const source = new EventEmitter();
  queueMicrotask(() => {
    source.emit("data", 1);
    source.emit("data", 2, 3);
  });
  const got = [];
  for await (const value of on(source, "data")) {
    got.push(value);
    if (got.length === 2) break;
  }
  is("on", got);
  is("on leaves", source.eventNames());
  queueMicrotask(() => source.emit("error", new Error("stop")));
  await rejects("on rejects", on(source, "data").next());
  is("getEventListeners", getEventListeners(e, "x").length);
  const capturing = new EventEmitter({ captureRejections: true });
  capturing.on("job", async () => {
    throw new Error("async");
  });
  const captured = once(capturing, "error");
  capturing.emit("job");
  is("captureRejections", (await captured.catch((error) => [error]))[0].message);
  const symbolic = new EventEmitter({ captureRejections: true });
  symbolic.on("job", async () => Promise.reject(new Error("own")));
  const own = new Promise((resolve) => {
    symbolic[Symbol.for("nodejs.rejection")] = (error, name, ...args) => resolve([error.message, name, args]);
  });
  symbolic.emit("job", 5);
  is("captureRejections with a symbol", await own);
  throws("bad captureRejections", () => new EventEmitter({ captureRejections: 1 }));
}
