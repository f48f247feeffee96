// Streams and bodies that are streams: what the same script says in Node and in the firmware.

async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error.name : `threw ${error}`;
  }
}

const encode = (text) => new TextEncoder().encode(text);
const decode = (chunk) => (typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk));

function streamOf(chunks, { end = "close", pull = true } = {}) {
  const left = [...chunks];
  const give = (controller) => {
    if (left.length > 0) {
      controller.enqueue(left.shift());
    } else if (end === "close") {
      controller.close();
    } else {
      controller.error(end);
    }
  };
  const all = (controller) => {
    for (let i = chunks.length; i >= 0; i--) {
      give(controller);
    }
  };
  return new ReadableStream(pull ? { pull: give } : { start: all });
}

async function drain(stream) {
  const seen = [];
  const reader = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      return seen.join("|");
    }
    seen.push(decode(value));
  }
}

async function reading(say) {
  for (const pull of [true, false]) {
    say(await drain(streamOf(["a", "b", "c"], { pull })));
    say(await drain(streamOf([], { pull })));
    say(await attempt(() => drain(streamOf(["a"], { pull, end: "broken" }))));
    say(await attempt(() => drain(streamOf(["a"], { pull, end: new RangeError("no") }))));
  }
  const stream = streamOf(["a", "b"]);
  const reader = stream.getReader();
  say(stream.locked, await attempt(() => stream.getReader()), await attempt(() => stream.cancel()), await attempt(() => stream.tee()));
  const many = [reader.read(), reader.read(), reader.read(), reader.read()];
  say(JSON.stringify(await Promise.all(many)), await attempt(() => reader.closed));
  reader.releaseLock();
  say(stream.locked, await attempt(() => reader.read()), await attempt(() => reader.closed), await attempt(() => reader.cancel()), reader.releaseLock());
  say(JSON.stringify(await stream.getReader().read()));
  const idle = new ReadableStream();
  const waiting = idle.getReader();
  const pending = attempt(() => waiting.read());
  const closed = attempt(() => waiting.closed);
  waiting.releaseLock();
  say(await pending, await closed, idle.locked);
  const broken = new ReadableStream({ start: (c) => c.error("early") });
  const late = broken.getReader();
  say(await attempt(() => late.closed), await attempt(() => late.read()), await attempt(() => late.cancel("x")));
  say(await attempt(() => new ReadableStreamDefaultReader(new ReadableStream()).read.name), await attempt(() => new ReadableStreamDefaultReader({})), await attempt(() => ReadableStream()));
  say(await attempt(() => ReadableStreamDefaultReader.prototype.read.call({})), await attempt(() => new ReadableStreamDefaultController()), Object.prototype.toString.call(idle));
}

async function sources(say) {
  for (const source of [null, 5, "x", { start: 5 }, { pull: "x" }, { type: "other" }, {}, () => {}]) {
    say(`source ${await attempt(() => new ReadableStream(source).locked)}`);
  }
  for (const strategy of [null, 5, {}, { highWaterMark: -1 }, { highWaterMark: NaN }, { highWaterMark: "3" }, { highWaterMark: Infinity }, { size: 5 }, { size: () => 2, highWaterMark: 7 }]) {
    let desired;
    say(`strategy ${await attempt(() => new ReadableStream({ start: (c) => { c.enqueue("x"); desired = c.desiredSize; } }, strategy).locked)} ${desired}`);
  }
  for (const size of [-1, NaN, Infinity, "2", "x", 0, { valueOf() { throw "size" } }]) {
    const stream = new ReadableStream({ start(c) { say(`size ${String(typeof size)} ${c.desiredSize}`); try { c.enqueue("x"); say(c.desiredSize); } catch (error) { say(error.name ?? error, c.desiredSize); } } }, { size: () => size, highWaterMark: 4 });
    say(await attempt(async () => JSON.stringify(await stream.getReader().read())));
  }
  say(await attempt(() => new ReadableStream({ start() { throw "start" } })), await attempt(() => drain(new ReadableStream({ async start() { throw "later" } }))), await attempt(() => drain(new ReadableStream({ pull() { throw "pull" } }))), await attempt(() => drain(new ReadableStream({ async pull() { throw "pulled" } }))));
  let controller;
  const stream = new ReadableStream({ start(c) { controller = c; } }, { highWaterMark: 2 });
  const sizes = [controller.desiredSize];
  controller.enqueue("a");
  sizes.push(controller.desiredSize);
  controller.enqueue("b");
  controller.enqueue("c");
  sizes.push(controller.desiredSize);
  controller.close();
  sizes.push(controller.desiredSize);
  say(sizes.join(), await attempt(() => controller.close()), await attempt(() => controller.enqueue("d")));
  say(await drain(stream), controller.desiredSize, await attempt(() => controller.enqueue("e")), await attempt(() => controller.error("late")), controller.desiredSize);
  const failed = new ReadableStream({ start(c) { controller = c; c.enqueue("lost"); c.error("gone"); } });
  say(await attempt(() => drain(failed)), controller.desiredSize, await attempt(() => controller.close()), await attempt(() => controller.error("again")));
  const calls = [];
  const source = { start(c) { calls.push(`start ${this === source} ${c.constructor.name}`); }, pull(c) { calls.push(`pull ${this === source} ${c.desiredSize}`); c.enqueue(calls.length); }, cancel(reason) { calls.push(`cancel ${this === source} ${reason}`); return "ignored"; } };
  const told = new ReadableStream(source, { highWaterMark: 3 });
  await new Promise((resolve) => setTimeout(resolve, 1));
  const reader = told.getReader();
  await reader.read();
  say(calls.join("; "), await reader.cancel("enough"), calls.at(-1), JSON.stringify(await reader.read()));
  for (const cancel of [() => { throw "thrown" }, async () => { throw "rejected" }, async () => 5, undefined]) {
    const one = new ReadableStream({ cancel });
    say(await attempt(() => one.cancel("why")), await attempt(() => one.cancel()), await drain(one));
  }
}

async function iteration(say) {
  const seen = [];
  for await (const chunk of streamOf(["a", "b"])) {
    seen.push(chunk);
  }
  say(seen.join());
  for (const options of [undefined, { preventCancel: true }]) {
    let cancelled;
    const stream = new ReadableStream({ pull: (c) => c.enqueue("x"), cancel: (reason) => { cancelled = `cancelled ${reason}`; } });
    for await (const chunk of stream.values(options)) {
      seen.push(chunk, stream.locked);
      break;
    }
    say(seen.join(), stream.locked, cancelled, JSON.stringify(await stream.getReader().read()));
  }
  say(await attempt(async () => { for await (const chunk of streamOf(["a"], { end: "bad" })) seen.push(chunk); }), seen.at(-1));
  const iterator = streamOf(["a", "b", "c"]).values();
  const results = await Promise.all([iterator.next(), iterator.next(), iterator.return("r"), iterator.next(), iterator.return("s")]);
  say(results.map(({ value, done }) => `${value} ${done}`).join());
  say(iterator[Symbol.asyncIterator]() === iterator, ReadableStream.prototype.values === ReadableStream.prototype[Symbol.asyncIterator]);
  const locked = streamOf([]);
  locked.getReader();
  say(await attempt(() => locked.values()), await attempt(() => streamOf([]).values(5)));
  const closing = { i: 0, next() { return { done: this.i > 2, value: this.i++ } }, return(reason) { say(`returned ${reason}`); return {}; }, [Symbol.iterator]() { return this } };
  const made = ReadableStream.from(closing).getReader();
  say(JSON.stringify(await made.read()), await attempt(() => made.cancel("stop")));
  async function* generate() {
    try {
      yield "g1";
      yield "g2";
      throw "g3";
    } finally {
      say("finally");
    }
  }
  const parts = ReadableStream.from(generate()).getReader();
  say((await parts.read()).value, (await parts.read()).value, await attempt(() => parts.read()), await attempt(() => parts.closed));
  for (const iterable of [["x", "y"], "text", new Set([1, 2]), [Promise.resolve("p")], (function* () { yield 1 })(), streamOf(["s"])]) {
    say(await attempt(() => drain2(ReadableStream.from(iterable))));
  }
  for (const iterable of [null, undefined, 5, {}, { [Symbol.asyncIterator]: 5 }, { [Symbol.iterator]: () => 5 }, { [Symbol.iterator]: () => ({}) }, { [Symbol.asyncIterator]: () => ({ next: () => 5 }) }]) {
    say(await attempt(() => drain2(ReadableStream.from(iterable))));
  }
}

async function drain2(stream) {
  const seen = [];
  for await (const chunk of stream) {
    seen.push(chunk);
  }
  return seen.join("|");
}

async function tees(say) {
  const [one, two] = streamOf(["a", "b"]).tee();
  say(await drain(one), await drain(two));
  const [left, right] = streamOf(["a"], { end: "split" }).tee();
  say(await attempt(() => drain(left)), await attempt(() => drain(right)));
  let why;
  const source = new ReadableStream({ pull: (c) => c.enqueue("x"), cancel: (reasons) => { why = JSON.stringify(reasons); } });
  const [first, second] = source.tee();
  const cancelling = first.cancel("one");
  say(why, source.locked, (await second.getReader().read()).value);
  const [third, fourth] = new ReadableStream({ cancel: (reasons) => { why = JSON.stringify(reasons); } }).tee();
  const both = [third.cancel("one"), fourth.cancel("two")];
  say(JSON.stringify(await Promise.all(both)), why);
  const object = {};
  const [same, other] = streamOf([object]).tee();
  say((await same.getReader().read()).value === object, (await other.getReader().read()).value === object);
  void cancelling;
  const nested = streamOf(["1", "2", "3"]).tee().flatMap((branch) => branch.tee());
  say((await Promise.all(nested.map(drain))).join());
}

const settled = (promise) => Promise.race([promise.then(() => "fulfilled", (error) => `rejected ${error?.name ?? error}`), new Promise((resolve) => setTimeout(resolve, 2, "pending"))]);

async function writing(say) {
  for (const sink of [null, 5, { start: 5 }, { write: "x" }, { close: {} }, { abort: 1 }, { type: "bytes" }, {}, () => {}]) {
    say(`sink ${await attempt(() => new WritableStream(sink).locked)}`);
  }
  for (const strategy of [5, {}, { highWaterMark: -1 }, { highWaterMark: NaN }, { highWaterMark: 0 }, { size: 5 }, { size: () => 2, highWaterMark: 7 }]) {
    say(`strategy ${await attempt(() => { const w = new WritableStream({}, strategy).getWriter(); w.write("x"); return w.desiredSize; })}`);
  }
  for (const size of [-1, NaN, Infinity, "2", 0, { valueOf() { throw "size" } }]) {
    const writer = new WritableStream({}, { size: () => size, highWaterMark: 4 }).getWriter();
    const closed = settled(writer.closed);
    say(`size ${await settled(writer.write("x"))} ${writer.desiredSize} ${await closed} ${await settled(writer.ready)}`);
  }
  const calls = [];
  const sink = { start(c) { calls.push(`start ${this === sink} ${c.constructor.name}`); }, write(chunk, c) { calls.push(`write ${this === sink} ${chunk} ${c.constructor.name}`); return new Promise((resolve) => setTimeout(resolve, 1)); }, close() { calls.push(`close ${this === sink}`); }, abort(reason) { calls.push(`abort ${reason}`); } };
  const stream = new WritableStream(sink, { highWaterMark: 2 });
  const writer = stream.getWriter();
  say(stream.locked, await attempt(() => stream.getWriter()), await attempt(() => stream.close()), await attempt(() => stream.abort()));
  const sizes = [writer.desiredSize];
  const writes = ["a", "b", "c"].map((chunk) => { const promise = writer.write(chunk); sizes.push(writer.desiredSize); return promise; });
  say(sizes.join(), await settled(Promise.race([writer.ready, "not ready"])), await Promise.all(writes), await settled(writer.ready), writer.desiredSize);
  const closing = writer.close();
  say(await attempt(() => writer.close()), await closing, await writer.closed, writer.desiredSize, calls.join("; "));
  say(await attempt(() => writer.close()), await attempt(() => writer.abort("x")));
  writer.releaseLock();
  say(stream.locked, await attempt(() => writer.desiredSize), await settled(writer.closed), await settled(writer.ready), await settled(writer.write("x")), await settled(writer.close()), await settled(writer.abort()), writer.releaseLock());
  for (const part of ["start", "write", "close"]) {
    for (const fail of [() => { throw part }, async () => { throw part }]) {
      const made = await attempt(() => new WritableStream({ [part]: fail }).getWriter());
      if (typeof made === "string") {
        say(part, made);
      } else {
        const all = [made.ready, made.write("1"), made.write("2"), made.close(), made.closed].map(settled);
        say(part, (await Promise.all(all)).join(), await settled(made.ready), await attempt(() => made.desiredSize));
      }
    }
  }
  for (const abort of [undefined, () => "ignored", () => { throw "abort" }, async () => { throw "aborted" }]) {
    const aborting = new WritableStream({ abort, write: () => new Promise((resolve) => setTimeout(resolve, 1)) }).getWriter();
    const all = [aborting.write("1"), aborting.write("2"), aborting.abort("why"), aborting.abort("again"), aborting.closed, aborting.ready].map(settled);
    say((await Promise.all(all)).join());
  }
  let controller;
  const errors = new WritableStream({ start(c) { controller = c; } }).getWriter();
  controller.error("mine");
  controller.error("other");
  say(await settled(errors.ready), await settled(errors.closed), await settled(errors.write("x")), await settled(errors.abort("x")), errors.desiredSize);
  say(await attempt(() => new WritableStreamDefaultController()), await attempt(() => new WritableStreamDefaultWriter({})), await attempt(() => new WritableStreamDefaultWriter(new WritableStream()).desiredSize), await attempt(() => WritableStream()));
}

async function transforming(say) {
  const upper = () => new TransformStream({ transform(chunk, c) { c.enqueue(chunk.toUpperCase()); }, flush(c) { c.enqueue("!"); } });
  say(await drain(streamOf(["a", "b"]).pipeThrough(upper())), await drain(streamOf(["a"]).pipeThrough(upper()).pipeThrough(new TransformStream())));
  for (const transformer of [null, 5, { transform: 5 }, { flush: "x" }, { cancel: 1 }, { start: {} }, { readableType: "x" }, { writableType: "x" }, {}]) {
    say(`transformer ${await attempt(() => new TransformStream(transformer).readable.locked)}`);
  }
  for (const part of ["start", "transform", "flush"]) {
    for (const fail of [() => { throw part }, async () => { throw part }, (...args) => args.at(-1).error("said"), (...args) => args.at(-1).terminate()]) {
      say(part, await attempt(() => drain(streamOf(["a", "b"]).pipeThrough(new TransformStream({ [part]: fail })))));
    }
  }
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  const reader = readable.getReader();
  say(writer.desiredSize, await settled(writer.ready));
  const first = writer.write("x");
  say(writer.desiredSize, await settled(first), (await reader.read()).value, await settled(first), await settled(writer.ready));
  const end = [writer.close(), reader.read(), writer.closed, reader.closed].map(settled);
  say((await Promise.all(end)).join());
  let sizes;
  new TransformStream({ start(c) { sizes = [c.desiredSize, c.constructor.name]; c.enqueue("early"); sizes.push(c.desiredSize); } }, undefined, { highWaterMark: 3 });
  say(sizes.join());
  for (const cancel of [undefined, () => { throw "cancel" }]) {
    const one = new TransformStream({ cancel });
    const input = one.writable.getWriter();
    const closed = settled(input.closed);
    say(await settled(one.readable.cancel("gone")), await closed, await settled(input.write("x")));
    const two = new TransformStream({ cancel });
    const output = two.readable.getReader();
    const ended = settled(output.closed);
    say(await settled(two.writable.abort("stop")), await ended, await settled(output.read()));
  }
  say(await attempt(() => new TransformStreamDefaultController()), await attempt(() => TransformStream()));
}

async function piping(say) {
  const sinkOf = (seen, more = {}) => new WritableStream({ write(chunk) { seen.push(chunk); }, close() { seen.push("closed"); }, abort(reason) { seen.push(`aborted ${reason}`); }, ...more });
  for (const options of [undefined, {}, { preventClose: true }, { preventAbort: true }, { preventCancel: true }]) {
    for (const end of ["close", "broken"]) {
      const seen = [];
      const destination = sinkOf(seen);
      const source = streamOf(["a", "b"], { end });
      const piped = settled(source.pipeTo(destination, options));
      say(source.locked, destination.locked, await piped, seen.join(), source.locked, destination.locked);
    }
    const seen = [];
    let cancelled;
    const source = new ReadableStream({ pull: (c) => c.enqueue("x"), cancel: (reason) => { cancelled = reason; } });
    say(await settled(source.pipeTo(sinkOf(seen, { write() { throw "full"; } }), options)), cancelled);
    const closed = new WritableStream();
    await closed.close();
    say(await settled(new ReadableStream({ cancel: (reason) => { cancelled = reason?.name; } }).pipeTo(closed, options)), cancelled);
  }
  const slow = [];
  let pulled = 0;
  const paced = new ReadableStream({ pull(c) { if (++pulled > 5) { c.close(); } else { c.enqueue(pulled); } } }, { highWaterMark: 0 });
  await paced.pipeTo(new WritableStream({ write(chunk) { slow.push(`${chunk}/${pulled}`); return new Promise((resolve) => setTimeout(resolve, 1)); } }));
  say(slow.join());
  const locked = new ReadableStream();
  locked.getReader();
  const busy = new WritableStream();
  busy.getWriter();
  for (const work of [() => locked.pipeTo(new WritableStream()), () => new ReadableStream().pipeTo(busy), () => new ReadableStream().pipeTo({}), () => new ReadableStream().pipeTo(), () => new ReadableStream().pipeTo(new WritableStream(), 5), () => new ReadableStream().pipeTo(new WritableStream(), { signal: 5 }), () => locked.pipeThrough(new TransformStream()), () => new ReadableStream().pipeThrough({}), () => new ReadableStream().pipeThrough({ readable: new ReadableStream(), writable: busy })]) {
    say(await attempt(work));
  }
}

async function aborting(say) {
  for (const options of [{}, { preventAbort: true }, { preventCancel: true }, { preventAbort: true, preventCancel: true }]) {
    for (const when of ["before", "while", "late"]) {
      const seen = [];
      const controller = new AbortController();
      const source = new ReadableStream({ pull(c) { c.enqueue("x"); if (seen.length > 3) c.close(); }, cancel(reason) { seen.push(`cancelled ${reason}`); } });
      const destination = new WritableStream({ write(chunk) { seen.push(chunk); if (when === "while" && seen.length === 2) controller.abort("why"); }, close() { seen.push("closed"); }, abort(reason) { seen.push(`aborted ${reason}`); } });
      if (when === "before") {
        controller.abort("why");
      }
      const piped = source.pipeTo(destination, { ...options, signal: controller.signal });
      say(when, await settled(piped), seen.join(), source.locked, destination.locked);
      controller.abort("too late");
      say(seen.length);
    }
  }
  for (const fail of ["cancel", "abort", "both"]) {
    const controller = new AbortController();
    const source = new ReadableStream({ cancel() { if (fail !== "abort") throw "cancel failed"; } });
    const destination = new WritableStream({ abort() { if (fail !== "cancel") throw "abort failed"; } });
    const piped = source.pipeTo(destination, { signal: controller.signal });
    controller.abort("why");
    say(fail, await settled(piped), source.locked, destination.locked);
  }
  const through = new AbortController();
  const reader = new ReadableStream({ start: (c) => c.enqueue("x") }).pipeThrough(new TransformStream(), { signal: through.signal }).getReader();
  say((await reader.read()).value);
  through.abort("stop");
  say(await settled(reader.closed), await settled(reader.read()));
  let signal;
  const seen = [];
  const stream = new WritableStream({ start(c) { signal = c.signal; say(c.signal === c.signal, signal.aborted, signal instanceof AbortSignal); }, write: () => new Promise((resolve) => signal.addEventListener("abort", () => { seen.push(`abort ${signal.reason}`); resolve(); })), abort(reason) { seen.push(`sink ${reason}`); } });
  const writer = stream.getWriter();
  await writer.ready;
  const writing = settled(writer.write("x"));
  const aborted = settled(writer.abort("now"));
  say(signal.aborted, signal.reason, seen.join(), await writing, await aborted, seen.join(), await settled(writer.abort("again")), signal.reason);
  let late;
  await new WritableStream({ start(c) { late = c; } }).abort("early");
  say(late.signal.aborted, late.signal.reason);
  let never;
  await new WritableStream({ start(c) { never = c; } }).close();
  say(never.signal.aborted);
}

async function strategies(say) {
  for (const [name, kind] of [["CountQueuingStrategy", CountQueuingStrategy], ["ByteLengthQueuingStrategy", ByteLengthQueuingStrategy]]) {
    const strategy = new kind({ highWaterMark: 9 });
    say(name, strategy.highWaterMark, strategy.size(new Uint8Array(4)), strategy.size.name, strategy.size.length, await attempt(() => strategy.size()), String(strategy));
    for (const init of [undefined, null, 5, {}, { highWaterMark: "x" }, { highWaterMark: -1 }]) {
      say(await attempt(() => new kind(init).highWaterMark));
    }
    let desired;
    new ReadableStream({ start(c) { c.enqueue(new Uint8Array(4)); desired = c.desiredSize; } }, strategy);
    say(desired, await attempt(() => kind.prototype.highWaterMark));
  }
}

async function bodies(say) {
  for (const [label, body] of Object.entries({ none: undefined, null: null, empty: "", text: "text \u20ac", bytes: encode("bytes"), params: new URLSearchParams("a=b c"), big: "x".repeat(10000) })) {
    const response = new Response(body);
    say(label, response.body === null ? null : response.body.constructor.name, response.body === response.body, response.bodyUsed);
    const whole = response.body && (await drain(response.body)).replaceAll("|", "");
    say(whole?.slice(0, 20), whole?.length, response.bodyUsed, await attempt(() => response.text()), await attempt(() => response.clone()));
  }
  const direct = new Response("direct");
  say(await direct.text(), direct.bodyUsed, direct.body.locked, await attempt(() => direct.body.getReader()), await attempt(() => new Response(direct.body)));
  const inner = new Response("inner", { status: 201, headers: { a: "b" } });
  const outer = new Response(inner.body, inner);
  say(outer.status, outer.headers.get("a"), outer.headers.get("content-type"), outer.body === inner.body, inner.bodyUsed, await outer.text(), inner.bodyUsed, await attempt(() => inner.text()));
  const request = new Request("http://h/a", { method: "POST", body: "posted", headers: { c: "d" } });
  const again = new Request("http://h/b", { method: "PUT", headers: request.headers, body: request.body, duplex: "half" });
  say(again.url, again.headers.get("c"), again.headers.get("content-type"), await again.text(), request.bodyUsed, await attempt(() => request.text()));
  const source = new Request("http://h/a", { method: "POST", body: "moved" });
  const stream = source.body;
  const moved = new Request(source, { headers: { e: "f" } });
  say(source.bodyUsed, stream.locked, source.body === stream, await moved.text(), await attempt(() => new Request(source)));
  const scripted = new Request("http://h", { method: "POST", body: streamOf([encode("s1"), encode("s2")]), duplex: "half" });
  const taken = new Request(scripted);
  say(scripted.bodyUsed, await taken.text(), taken.bodyUsed, await attempt(() => scripted.text()));
  for (const how of ["text", "json", "arrayBuffer", "bytes", "formData", "blob"].slice(0, 5)) {
    const response = new Response(streamOf([encode('{"a"'), encode(":1}")]), { headers: { "content-type": "application/x-www-form-urlencoded" } });
    if (response[how] !== undefined) {
      const value = await attempt(() => response[how]());
      say(how, how === "formData" ? [...value].join() : how === "text" ? value : how === "json" ? JSON.stringify(value) : [...new Uint8Array(value)].join());
    }
    say(response.bodyUsed, response.body.locked, await attempt(() => response.text()));
  }
  for (const chunk of ["text", 5, {}, null]) {
    say(`chunk ${await attempt(() => new Response(streamOf([chunk])).text())}`);
  }
  say(await attempt(() => new Response(streamOf([encode("x")], { end: "cut" })).text()), await new Response(streamOf([])).text());
  const shared = new Response(streamOf([encode("twice")]));
  const before = shared.body;
  const copy = shared.clone();
  say(before.locked, shared.body === before, shared.bodyUsed, await shared.text(), await copy.text(), shared.bodyUsed, copy.bodyUsed);
  const plain = new Response("plain");
  const old = plain.body;
  const twin = plain.clone();
  say(old.locked, plain.body === old, await plain.text(), await twin.text());
  const [a, b] = new Response("teed").body.tee();
  say(await new Response(a).text(), await drain(b));
  const locked = new Response("locked");
  const reader = locked.body.getReader();
  say(locked.bodyUsed, await attempt(() => locked.text()), await attempt(() => locked.clone()), await attempt(() => new Response(locked.body)), await attempt(() => new Request("http://h", { method: "POST", body: locked.body, duplex: "half" })));
  reader.releaseLock();
  say(locked.bodyUsed, await locked.text());
  const stopped = new Response("stopped");
  await stopped.body.cancel("no");
  say(stopped.bodyUsed, stopped.body.locked, await attempt(() => stopped.text()));
  const part = new Response("part");
  const one = part.body.getReader();
  say(decode((await one.read()).value), part.bodyUsed);
  one.releaseLock();
  say(await attempt(() => part.text()), await attempt(() => part.clone()), part.body.locked);
  for (const status of [204, 304]) {
    say(await attempt(() => new Response(streamOf([]), { status }).status));
  }
  const { readable, writable } = new TransformStream();
  const written = writable.getWriter();
  written.write(encode("through "));
  written.write(encode("a transform"));
  written.close();
  say(await new Response(readable).text());
  say(await attempt(() => new Request("http://h", { method: "GET", body: streamOf([]), duplex: "half" })), new Request("http://h").body);
}

export async function run() {
  const lines = [];
  const say = (...values) => lines.push(values.map(String).join(" "));
  for (const part of [reading, sources, iteration, tees, writing, transforming, piping, aborting, strategies, bodies]) {
    say(part.name);
    await part(say);
  }
  return lines;
}

// What Node has wrong: [expected, result].
export async function runStandard() {
  const pairs = [];
  const writer = new WritableStream().getWriter();
  const closing = writer.close();
  pairs.push(["rejected TypeError", await settled(writer.write("late"))]);
  await closing;
  pairs.push(["rejected TypeError", await settled(writer.write("later"))]);
  pairs.push(["TypeError", await attempt(() => new ReadableStream({ cancel: null }))]);
  const iterator = streamOf(["a"]).values();
  pairs.push(["value,done", Object.keys(await iterator.return("r")).join()], ["TypeError", await attempt(() => iterator.next.call({}))]);
  return pairs;
}
