// Byte streams: the same lines on the device and in Node.

const name = (error) => error?.name ?? String(error);
const pause = () => new Promise((resolve) => setTimeout(resolve, 0));

function shown(value) {
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return `${value.constructor.name}@${value.byteOffset}/${value.buffer.byteLength}(${[...bytes]})`;
  }
  return value && typeof value === "object" && "done" in value ? `${shown(value.value)} ${value.done}` : String(value);
}

async function attempt(action) {
  try {
    return shown(await action());
  } catch (error) {
    return name(error);
  }
}

const soon = (promise) => Promise.race([promise, pause().then(pause).then(() => "waits")]);
const bytes = (...list) => Uint8Array.of(...list);

// A stream whose source's functions do what the script says.
function stream(source = {}, strategy) {
  let controller;
  const readable = new ReadableStream({ ...source, type: "bytes", start(c) { controller = c; return source.start?.(c); } }, strategy);
  return [readable, controller];
}

async function shapes(say) {
  const [readable, controller] = stream();
  const reader = readable.getReader({ mode: "byob" });
  say(controller[Symbol.toStringTag], reader[Symbol.toStringTag], reader instanceof ReadableStreamBYOBReader, readable.locked);
  say(controller instanceof ReadableByteStreamController, controller.desiredSize, controller.byobRequest);
  say(ReadableStreamBYOBReader.length, reader.read.length, controller.enqueue.length);
  say(await attempt(() => new ReadableByteStreamController()), await attempt(() => new ReadableStreamBYOBRequest()));
  say(await attempt(() => new ReadableStreamBYOBReader(readable)), await attempt(() => new ReadableStreamBYOBReader({})));
  say(await attempt(() => readable.getReader()), await attempt(() => readable.getReader({ mode: "byob" })));
  for (const wrong of [undefined, null, 1, "x", {}, [], new ArrayBuffer(1), bytes(), new DataView(new ArrayBuffer(1), 1)]) {
    say(await attempt(() => reader.read(wrong)));
  }
  for (const min of [0, -1, NaN, 3, "x", Infinity]) say(min, await attempt(() => reader.read(bytes(1, 2), { min })));
  say(await attempt(() => reader.read(new Uint16Array(2), { min: 3 })));
  const detached = bytes(1);
  detached.buffer.transfer?.() ?? structuredClone(detached.buffer, { transfer: [detached.buffer] });
  say(await attempt(() => reader.read(detached)));
  reader.releaseLock();
  say(await attempt(() => reader.read(bytes(1))), await attempt(() => reader.closed), await attempt(() => reader.cancel()));
  say(await attempt(() => new ReadableStream().getReader({ mode: "byob" })), await attempt(() => readable.getReader({ mode: "x" })));
  for (const type of ["byte", "", null, 0]) say(String(type), await attempt(() => new ReadableStream({ type })));
  say(await attempt(() => new ReadableStream({ type: { toString: () => "bytes" } }).locked));
  for (const size of [0, 7, undefined]) {
    say(String(size), await attempt(() => new ReadableStream({ type: "bytes", autoAllocateChunkSize: size }).locked));
  }
  say(await attempt(() => new ReadableStream({ type: "bytes" }, { size: () => 1 })), stream({}, { highWaterMark: 7 })[1].desiredSize);
}

async function enqueuing(say) {
  const [readable, controller] = stream({}, { highWaterMark: 10 });
  for (const wrong of [undefined, 1, "x", {}, bytes(), new ArrayBuffer(2)]) say(await attempt(() => controller.enqueue(wrong)));
  const chunk = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
  controller.enqueue(chunk);
  say(chunk.length, chunk.buffer.byteLength, controller.desiredSize);
  controller.enqueue(new Uint16Array([0x0504, 0x0706]));
  controller.enqueue(new DataView(bytes(8, 9).buffer, 1));
  say(controller.desiredSize);
  const reader = readable.getReader();
  say(await attempt(() => reader.read()), controller.desiredSize);
  reader.releaseLock();
  const byob = readable.getReader({ mode: "byob" });
  say(await attempt(() => byob.read(new Uint8Array(new ArrayBuffer(8), 2, 3))), controller.desiredSize);
  say(await attempt(() => byob.read(new DataView(new ArrayBuffer(4)))), controller.desiredSize);
  const waiting = attempt(() => byob.read(new Uint32Array(2)));
  controller.enqueue(bytes(1, 2, 3));
  await pause();
  say(controller.desiredSize, shown(controller.byobRequest.view));
  controller.enqueue(bytes(4, 5));
  say(await waiting, controller.desiredSize);
  controller.close();
  say(await attempt(() => controller.enqueue(bytes(1))), await attempt(() => controller.close()));
  say(await attempt(() => byob.read(bytes(7, 7))), await attempt(() => byob.read(bytes(7, 7))), await attempt(() => byob.closed));
}

async function responding(say) {
  const answers = [
    (request) => request.respond(2),
    (request) => { request.view[0] = 5; request.respond(1); },
    (request) => request.respondWithNewView(new Uint8Array(request.view.buffer, request.view.byteOffset, 2)),
    (request) => request.respondWithNewView(new Uint8Array(request.view.buffer, 1, 2)),
    (request) => request.respondWithNewView(bytes(1)),
    (request) => request.respondWithNewView(new Uint8Array(0)),
    (request) => request.respondWithNewView(1),
    (request) => request.respond(9),
    (request) => request.respond(0),
    (request) => request.respond("3"),
    (request) => { request.respond(1); say(request.view); request.respond(1); },
    (request, c) => { c.close(); request.respond(0); },
    (request, c) => { c.close(); request.respond(1); },
    (request, c) => { c.error(new EvalError("x")); say(request.view); request.respond(1); },
    (request, c) => { c.enqueue(bytes(3, 4, 5)); say(request.view, c.byobRequest); request.respond(1); },
    (request, c) => { const same = c.byobRequest === request; request.respond(1); say(same, c.byobRequest); },
    (request) => { const { view } = request; request.respond(1); say(view.byteLength, view.buffer.byteLength); },
  ];
  for (const auto of [undefined, 6]) {
    for (const answer of answers) {
      for (const make of [() => bytes(0, 0, 0, 0), () => new Uint16Array(3), () => new DataView(new ArrayBuffer(5), 0, 4)]) {
        const pull = (c) => attempt(() => answer(c.byobRequest, c)).then((text) => say("pull", text));
        const [readable] = stream({ autoAllocateChunkSize: auto, pull: (c) => (c.byobRequest ? void pull(c) : c.enqueue(bytes(8, 8))) });
        const reader = auto ? readable.getReader() : readable.getReader({ mode: "byob" });
        const read = attempt(() => (auto ? reader.read() : reader.read(make())));
        say(await soon(read), await soon(attempt(() => reader.cancel("enough"))), await soon(read));
        if (auto) break;
      }
    }
  }
}

async function minimums(say) {
  for (const Type of [Uint8Array, Uint16Array, Uint32Array]) {
    for (let min = 1; min <= 3; min++) {
      const [readable, controller] = stream();
      const reader = readable.getReader({ mode: "byob" });
      const read = attempt(() => reader.read(new Type(3), { min }));
      for (let i = 1; i <= 13; i++) {
        controller.enqueue(bytes(i));
        say(Type.name, min, i, controller.byobRequest && shown(controller.byobRequest.view), controller.desiredSize);
      }
      say(await read);
      const next = attempt(() => reader.read(new Type(3), { min: 3 }));
      say(await attempt(() => controller.close()), await attempt(() => controller.byobRequest?.respond(0)));
      say(await soon(next), await soon(attempt(() => reader.closed)));
    }
  }
}

async function several(say) {
  const [readable, controller] = stream({ cancel: (reason) => say("cancel", reason) });
  let reader = readable.getReader({ mode: "byob" });
  const reads = [2, 1, 3].map((size) => attempt(() => reader.read(new Uint8Array(size))));
  controller.enqueue(bytes(1, 2, 3, 4));
  say(...(await Promise.all(reads)), controller.desiredSize);
  const left = attempt(() => reader.read(bytes(0, 0, 0)));
  const behind = attempt(() => reader.read(bytes(0)));
  const request = controller.byobRequest;
  reader.releaseLock();
  say(await left, await behind, shown(request.view), controller.byobRequest === request);
  reader = readable.getReader();
  const read = attempt(() => reader.read());
  request.view.set([7, 8]);
  request.respond(2);
  say(await soon(read), controller.byobRequest, controller.desiredSize);
  controller.enqueue(bytes(9));
  say(await soon(read), await soon(attempt(() => reader.read())));
  reader.releaseLock();
  reader = readable.getReader({ mode: "byob" });
  const two = [attempt(() => reader.read(bytes(1, 1))), attempt(() => reader.read(bytes(2)))];
  say(await attempt(() => reader.cancel("why")), ...(await Promise.all(two)), controller.byobRequest);
  say(await attempt(() => reader.read(bytes(4, 4))));
}

async function others(say) {
  const source = () => stream({ start(c) { c.enqueue(bytes(1, 2)); c.enqueue(bytes(3)); c.close(); } })[0];
  const seen = [];
  for await (const chunk of source()) seen.push(shown(chunk));
  say(...seen);
  say(shown(await new Response(source()).bytes?.() ?? new Uint8Array(await new Response(source()).arrayBuffer())));
  await source().pipeTo(new WritableStream({ write: (chunk) => say("write", shown(chunk)) }));
  const [one, two] = source().tee();
  const reader = one.getReader({ mode: "byob" });
  say(await attempt(() => reader.read(new Uint8Array(2))), await attempt(() => reader.read(new Uint8Array(2))));
  say(await attempt(() => reader.read(new Uint8Array(2))), await new Response(two).text());
  for (const body of [new Response("abcdef").body, new Request("http://h/", { method: "POST", body: "abcdef" }).body, new Blob(["abcdef"]).stream()]) {
    const byob = body.getReader({ mode: "byob" });
    say(await attempt(() => byob.read(new Uint8Array(4))), await attempt(() => byob.read(new Uint8Array(4))), await attempt(() => byob.read(new Uint8Array(4))));
  }
}

// A branch's reader with a buffer has the stream's source fill it, and the other branch gets a copy.
async function tees(say) {
  const asked = [];
  const pull = (c) => {
    const view = c.byobRequest?.view;
    asked.push(view ? shown(view) : "none");
    if (asked.length > 6) {
      c.close();
      c.byobRequest?.respond(0);
    } else if (view) {
      view[0] = asked.length;
      c.byobRequest.respond(1);
    } else {
      c.enqueue(bytes(asked.length, 0));
    }
  };
  const [one, two] = stream({ pull })[0].tee();
  const first = one.getReader({ mode: "byob" });
  let second = two.getReader();
  const read = (reader, ...views) => attempt(() => reader.read(...views));
  say(await read(first, bytes(9, 9, 9)), ...asked);
  say(await read(second), await read(second), ...asked);
  second.releaseLock();
  second = two.getReader({ mode: "byob" });
  say(...(await Promise.all([read(second, bytes(7, 7)), read(first, bytes(8, 8, 8, 8)), read(first, bytes(6))])), ...asked);
  say(await read(first, new Uint16Array(2)), await read(second, bytes(5, 5, 5)), ...asked);
  say(await soon(first.closed), await soon(second.closed));
  const last = [read(first, bytes(4)), read(second, bytes(3, 3)), read(first, bytes(2)), read(second, bytes(1))];
  for (const result of await Promise.all(last)) say(result, ...asked);
}

async function tees_that_end(say) {
  const ends = [
    [(c) => { c.close(); c.byobRequest?.respond(0); }, () => {}],
    [(c) => c.error(new RangeError("broken")), () => {}],
    [() => {}, (one) => one.cancel("enough")],
    [() => {}, (one, two) => { two.cancel("other"); one.cancel("enough"); }],
    [(c) => c.enqueue(bytes(1, 2, 3)), () => {}],
    [(c) => c.byobRequest.respondWithNewView(c.byobRequest.view.subarray(0, 1)), (one) => one.releaseLock()],
  ];
  for (const [source, consumer] of ends) {
    let controller;
    const [readable] = stream({
      start(c) { controller = c; },
      cancel: (reasons) => say("cancelled", JSON.stringify(reasons)),
    });
    const [one, two] = readable.tee();
    const first = one.getReader({ mode: "byob" }), second = two.getReader({ mode: "byob" });
    const read = attempt(() => first.read(bytes(1, 2)));
    const other = attempt(() => second.read(bytes(3)));
    await pause();
    say(controller.byobRequest && shown(controller.byobRequest.view));
    consumer(first, second);
    await pause();
    source(controller);
    say(await soon(read), await soon(other), await soon(attempt(() => first.closed)), await soon(attempt(() => second.closed)));
  }
}

// ---- random programs ----

function generator(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

async function program(seed, lines) {
  const random = generator(seed);
  let count = 0, reader;
  // What several steps have brought, in no order: Node's read() of a view settles some jobs later.
  let said = [];
  const say = (...words) => said.push([seed, ...words].join(" "));
  const flush = async () => {
    await pause();
    lines.push(...said.sort());
    said = [];
  };
  const watch = (label, promise) => promise.then((value) => say(label, "is", shown(value)), (error) => say(label, "fails", name(error)));
  const fresh = (length) => Uint8Array.from({ length }, () => ++count & 255);
  const pulls = random(3);
  const pull = (c) => {
    say("pull", c.desiredSize, c.byobRequest && shown(c.byobRequest.view));
    if (pulls === 0) c.enqueue(fresh(1 + random(5)));
    if (pulls === 1 && c.byobRequest) {
      c.byobRequest.view[0] = ++count & 255;
      c.byobRequest.respond(1);
    }
  };
  const source = { pull, cancel: (reason) => say("cancelled", reason) };
  if (random(2)) source.autoAllocateChunkSize = 1 + random(9);
  const [readable, c] = stream(source, [undefined, { highWaterMark: 3 }, { highWaterMark: 0 }][random(3)]);
  const kinds = [Uint8Array, Uint8Array, Int16Array, Float32Array, DataView];
  const view = () => {
    const Kind = kinds[random(5)], offset = 8 * random(2);
    return new Kind(new ArrayBuffer(48), offset, Kind === DataView ? 5 : 1 + random(4));
  };
  const steps = [
    () => { reader = readable.getReader(); },
    () => { reader = readable.getReader({ mode: "byob" }); },
    () => reader.releaseLock(),
    () => watch(`read ${++count}`, reader.read(view(), random(3) ? undefined : { min: 1 + random(2) })),
    () => watch(`read ${++count}`, reader.read(view())),
    () => watch(`read ${++count}`, reader.read(view())),
    () => c.enqueue(fresh(1 + random(6))),
    () => c.enqueue(fresh(1 + random(6))),
    () => c.byobRequest.respond(random(4)),
    () => { c.byobRequest.view[0] = ++count & 255; c.byobRequest.respond(1); },
    () => c.byobRequest.respondWithNewView(new Uint8Array(c.byobRequest.view.buffer, c.byobRequest.view.byteOffset, 1 + random(3))),
    () => say("sizes", c.desiredSize, readable.locked, c.byobRequest && shown(c.byobRequest.view)),
    () => { if (!random(3)) c.close(); },
    () => { if (!random(6)) c.error(new EvalError("e")); },
    () => { if (!random(4)) watch("cancel", reader.cancel(count)); },
    () => watch("closed", reader.closed),
  ];
  for (let i = 0; i < 30; i++) {
    const index = random(steps.length);
    try {
      steps[index]();
    } catch (error) {
      say("step", index, name(error));
    }
    if (random(2)) await flush();
  }
  await flush();
}

export async function run() {
  const lines = [];
  const say = (...words) => lines.push(words.join(" "));
  for (const part of [shapes, enqueuing, responding, minimums, several, others, tees, tees_that_end]) {
    say(part.name);
    await part(say);
  }
  for (let seed = 1; seed <= 400; seed++) await program(seed, lines);
  return lines;
}

// Pairs of what is expected and what came, where Node does not check as Web IDL says.
export async function runStandard() {
  const pairs = [];
  const expect = async (expected, action) => pairs.push([expected, await attempt(action)]);
  for (const size of [-1, NaN, "x", 2 ** 53]) {
    await expect("TypeError", () => new ReadableStream({ type: "bytes", autoAllocateChunkSize: size }));
    await expect("TypeError", () => stream()[0].getReader({ mode: "byob" }).read(bytes(1), { min: size }));
    const [readable, controller] = stream();
    readable.getReader({ mode: "byob" }).read(bytes(1)).catch(() => {});
    await expect("TypeError", () => controller.byobRequest.respond(size));
    await expect("TypeError", () => controller.byobRequest.respond());
  }
  for (const size of [1.5, "8"]) {
    await expect("false", () => new ReadableStream({ type: "bytes", autoAllocateChunkSize: size }).locked);
  }
  return pairs;
}
