// cpu|memory: byte streams whose readers and sources are used again by what runs inside their operations
export default async function attack() {
  const pick = (list) => list[Math.floor(Math.random() * list.length)];
  for (;;) {
    let controller, reader, depth = 0, steps = 0;
    const quiet = (action) => {
      try {
        action()?.catch?.(() => {});
      } catch {}
    };
    const view = () => new (pick([Uint8Array, Uint16Array, Float64Array]))(pick([
      () => new ArrayBuffer(16),
      () => new ArrayBuffer(16, { maxByteLength: 64 }),
    ])(), pick([0, 8]));
    let kept;
    const actions = [
      () => controller.enqueue(view()),
      () => controller.enqueue(new Uint8Array(pick([1, 3, 5000]))),
      () => controller.byobRequest?.respond(pick([0, 1, 2, 8])),
      () => { kept = controller.byobRequest ?? kept; },
      () => kept?.respond(1),
      () => kept?.respondWithNewView(new Uint8Array(kept.view.buffer, kept.view.byteOffset, 1)),
      () => kept?.respondWithNewView(view()),
      () => kept?.view?.buffer.transfer(),
      () => kept?.view?.buffer.resize(1),
      () => reader.read(view(), { min: pick([1, 2]) }),
      () => reader.read(view()),
      () => reader.read(),
      () => reader.releaseLock(),
      () => { reader = stream.getReader({ mode: pick(["byob", undefined]) }); },
      () => { const [a, b] = stream.tee(); stream = pick([a, b]); },
      () => { stream = new Response(new Response(stream).body, {}).clone().body; },
      () => (pick([0, 0, 0, 1]) ? controller.close() : 0),
      () => (pick([0, 0, 0, 0, 1]) ? controller.error(1) : 0),
      () => (pick([0, 0, 0, 0, 1]) ? reader.cancel(1) : 0),
    ];
    const some = () => {
      if (steps++ < 300 && depth < 3) {
        depth++;
        quiet(pick(actions));
        depth--;
      }
    };
    Object.defineProperty(Object.prototype, "then", { configurable: true, get: some });
    let stream = new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: pick([undefined, 1, 7]),
      start(c) { controller = c; },
      pull: some,
      cancel: some,
    }, { highWaterMark: pick([0, 5]) });
    for (let i = 0; i < 40; i++) {
      some();
      if (i % 5 === 0) await null;
    }
    delete Object.prototype.then;
    await null;
  }
}
