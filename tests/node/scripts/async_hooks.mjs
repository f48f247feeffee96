import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { channel, subscribe, tracingChannel, unsubscribe, hasSubscribers } from "node:diagnostics_channel";
import EventEmitter, { EventEmitterAsyncResource } from "node:events";
import { Readable } from "node:stream";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export default async function ({ is, throws, rejects }) {
  const als = new AsyncLocalStorage();
  const other = new AsyncLocalStorage();
  const get = () => als.getStore();
  is("outside", get());
  is("run gives", als.run(1, (a, b) => [get(), a, b], 2, 3));
  is("after run", get());
  throws("run throws", () => als.run(1, () => { throw new Error(`in ${get()}`); }));
  is("after a throw", get());
  await als.run("a", async () => {
    is("sync", get());
    await null;
    is("after await", get());
    await wait(1);
    is("after a timer", get());
    await Promise.all([1, 2].map(async (i) => {
      await wait(i);
      is(`in all ${i}`, get());
    }));
    is("then", await Promise.resolve().then(get));
    is("catch", await Promise.reject(new Error("x")).catch(get));
    is("finally", await new Promise((resolve) => Promise.resolve().finally(() => resolve(get()))));
    is("microtask", await new Promise((resolve) => queueMicrotask(() => resolve(get()))));
    is("nextTick", await new Promise((resolve) => process.nextTick(() => resolve(get()))));
    is("immediate", await new Promise((resolve) => setImmediate(() => resolve(get()))));
    is("interval", await new Promise((resolve) => { const i = setInterval(() => { clearInterval(i); resolve(get()); }, 1); }));
    is("nested", als.run("b", get));
    is("back", get());
    is("nested async", await als.run("c", async () => { await wait(1); return get(); }));
    is("exit", als.exit(get));
    is("two", other.run("o", () => [get(), other.getStore()]));
    async function* generate() {
      yield get();
      await wait(1);
      yield get();
    }
    const values = [];
    for await (const value of generate()) values.push(value);
    is("async generator", values);
    is("thenable result", await { then: (resolve) => resolve(get()) });
    const texts = [];
    for await (const chunk of Readable.from(["x", "y"])) texts.push(chunk, get());
    is("stream", texts);
    const emitter = new EventEmitter();
    emitter.on("e", () => is("event", get()));
    als.run("emitting", () => emitter.emit("e"));
    is("fetch of streams", await new Response("body").text().then(get));
    is("reading", await (async () => {
      const reader = new Blob(["abc"]).stream().getReader();
      await reader.read();
      return get();
    })());
  });
  is("after all", get());
  await null;
  is("after all and a turn", get());
  const outcomes = await Promise.all(Array.from({ length: 5 }, (_, i) => als.run(i, async () => {
    for (let n = 0; n < 3; n++) await wait((i * 7 + n) % 3);
    return get();
  })));
  is("many at once", outcomes);
  let resolveLater;
  const later = new Promise((resolve) => { resolveLater = resolve; });
  const who = als.run("who awaits", () => later.then(get));
  als.run("who resolves", () => resolveLater());
  is("of who awaits", await who);
  await (async () => {
    als.enterWith("entered");
    is("enterWith", get());
    await null;
    is("enterWith after await", get());
  })();
  const snapshot = als.run("snap", () => AsyncLocalStorage.snapshot());
  is("snapshot", snapshot(get));
  const bound = als.run("bound", () => AsyncLocalStorage.bind((x) => [get(), x]));
  is("bind", bound(1));
  als.run("d", () => {
    als.disable();
    is("disable", get());
  });
  const resource = als.run("r", () => new AsyncResource("R"));
  is("AsyncResource", resource.runInAsyncScope((x) => [get(), x], null, 4));
  is("AsyncResource.bind", als.run("s", () => AsyncResource.bind(function (a) { return [get(), a]; }))(6));
  is("ids", [typeof resource.asyncId(), typeof resource.triggerAsyncId(), resource.emitDestroy() === resource]);
  throws("AsyncResource of a number", () => new AsyncResource(5));
  throws("bind of a number", () => resource.bind(5));
  const emitting = als.run("ee", () => new EventEmitterAsyncResource({ name: "E" }));
  emitting.on("x", () => is("EventEmitterAsyncResource", get()));
  emitting.emit("x");
  await rejects("rejected in a context", als.run("z", async () => { await null; throw new Error(get()); }));

  const c = channel("c");
  is("channel", [c.name, channel("c") === c, c.hasSubscribers, hasSubscribers("c")]);
  const heard = [];
  const listener = (message, name) => heard.push([message, name]);
  subscribe("c", listener);
  is("has", [c.hasSubscribers, hasSubscribers("c")]);
  c.publish(1);
  is("unsubscribe", [unsubscribe("c", listener), unsubscribe("c", listener)]);
  c.publish(2);
  is("heard", heard);
  c.bindStore(als, (data) => data.toUpperCase());
  is("runStores", c.runStores("data", get));
  c.unbindStore(als);
  is("without stores", c.runStores("data", () => typeof get()));
  throws("bad channel", () => channel(5));
  throws("bad subscriber", () => c.subscribe(5));
  const traced = [];
  const tracing = tracingChannel("t");
  const on = (event) => (context) => traced.push([event, context.result ?? context.error?.message]);
  tracing.subscribe(Object.fromEntries(["start", "end", "asyncStart", "asyncEnd", "error"].map((one) => [one, on(one)])));
  is("traceSync", tracing.traceSync((x) => x + 1, {}, null, 1));
  throws("traceSync throws", () => tracing.traceSync(() => { throw new Error("t"); }));
  is("tracePromise", await tracing.tracePromise(async () => "p"));
  tracing.traceCallback((done) => done(null, "cb"), 0, {}, null, () => {});
  is("traced", traced);
}
