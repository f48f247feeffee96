// Events and abort signals: what the same script says in Node and in the firmware.

async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error || error?.constructor?.name === "DOMException" ? error.name : `threw ${error}`;
  }
}

const flags = (e) => [e.bubbles, e.cancelable, e.composed, e.defaultPrevented, e.returnValue, e.cancelBubble, e.isTrusted, e.eventPhase].join();

async function objects(say) {
  for (const options of [undefined, null, {}, { bubbles: true }, { cancelable: 1, composed: "x" }, { bubbles: 0, cancelable: "" }]) {
    const event = new Event("x", options);
    say(event.type, flags(event), event.target, event.currentTarget, event.srcElement, event.composedPath().length, typeof event.timeStamp);
  }
  for (const options of [5, "x", true]) {
    say(await attempt(() => new Event("x", options).type));
  }
  say(await attempt(() => new Event()), await attempt(() => Event("x")), await attempt(() => new Event(Symbol("s"))), new Event(undefined).type, new Event({ toString: () => "made" }).type, new Event("").type === "", new Event("Ünï").type);
  say(await attempt(() => new Event({ toString() { throw "text" } })), await attempt(() => new Event("x", { get bubbles() { throw "got" } })));
  for (const options of [undefined, {}, { detail: 5 }, { detail: undefined }, { detail: null }, { detail: { a: 1 }, cancelable: true }]) {
    const event = new CustomEvent("c", options);
    say(event.type, JSON.stringify(event.detail), flags(event), event instanceof Event, Object.prototype.toString.call(event));
  }
  say(await attempt(() => new CustomEvent()), Object.prototype.toString.call(new Event("x")), Object.prototype.toString.call(new EventTarget()), Object.prototype.toString.call(new AbortController()), Object.prototype.toString.call(new AbortController().signal));
  say(Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE, Event.length, CustomEvent.length, Event.name);
  for (const cancelable of [true, false]) {
    const event = new Event("x", { cancelable });
    event.preventDefault();
    say(flags(event));
    const other = new Event("x", { cancelable });
    other.cancelBubble = false;
    say(other.cancelBubble);
    other.cancelBubble = true;
    say(other.cancelBubble);
    other.cancelBubble = false;
    say(other.cancelBubble);
    const third = new Event("x");
    third.stopPropagation();
    say(third.cancelBubble);
  }
  class Mine extends Event {
    constructor(type, extra) {
      super(type, { cancelable: true });
      this.extra = extra;
    }
    get twice() {
      return this.extra * 2;
    }
  }
  const mine = new Mine("mine", 4);
  const target = new EventTarget();
  target.addEventListener("mine", (event) => { event.preventDefault(); say(event === mine, event.twice, event.constructor.name); });
  say(target.dispatchEvent(mine), mine.defaultPrevented);
  say(await attempt(() => Object.getOwnPropertyDescriptor(Event.prototype, "type").get.call({})), await attempt(() => Event.prototype.preventDefault.call({})));
  const before = performance.now();
  const event = new Event("x");
  say(event.timeStamp >= before - 1 && event.timeStamp <= performance.now() + 1, event.timeStamp === event.timeStamp);
}

async function listeners(say) {
  const target = new EventTarget();
  const seen = [];
  const note = (name) => (event) => seen.push(`${name}:${event.type}`);
  const a = note("a");
  target.addEventListener("x", a);
  target.addEventListener("x", a);
  target.addEventListener("x", a, false);
  target.addEventListener("x", a, {});
  target.addEventListener("x", a, true);
  target.addEventListener("x", a, { capture: true, once: true });
  target.addEventListener("y", a, { once: true });
  target.addEventListener("y", note("b"));
  const fire = (type) => { seen.length = 0; const result = target.dispatchEvent(new Event(type)); say(type, result, seen.join()); };
  fire("x");
  fire("y");
  fire("y");
  target.removeEventListener("x", a);
  fire("x");
  target.removeEventListener("x", a, { capture: false });
  fire("x");
  target.removeEventListener("x", a, { capture: true });
  fire("x");
  target.removeEventListener("x", a);
  target.removeEventListener("none", () => {});
  say(target.removeEventListener("x", null), target.addEventListener("x", null), target.addEventListener("x", undefined));
  for (const listener of [5, "x", true]) {
    say(await attempt(() => target.addEventListener("q", listener)));
  }
  say(await attempt(() => target.addEventListener()), await attempt(() => target.addEventListener("x")), await attempt(() => target.dispatchEvent()), await attempt(() => target.dispatchEvent({ type: "x" })), await attempt(() => target.dispatchEvent("x")));
  say(await attempt(() => EventTarget.prototype.addEventListener.call({}, "x", () => {})), await attempt(() => EventTarget()), EventTarget.length, EventTarget.prototype.addEventListener.length, EventTarget.prototype.removeEventListener.length, EventTarget.prototype.dispatchEvent.length);
  const object = { handleEvent(event) { seen.push(`object ${this === object} ${event.currentTarget === target} ${event.target === target} ${event.eventPhase} ${event.composedPath()[0] === target} ${event.composedPath().length}`); } };
  target.addEventListener("o", object);
  fire("o");
  object.handleEvent = () => seen.push("changed");
  fire("o");
  target.removeEventListener("o", object);
  fire("o");
  const that = new EventTarget();
  that.addEventListener("t", function (event) { say("this", this === that, arguments.length, event.eventPhase); return false; });
  const event = new Event("t", { cancelable: true });
  say(that.dispatchEvent(event), event.target === that, event.currentTarget, event.eventPhase, event.composedPath().length);
  say(that.dispatchEvent(event));
  const other = new EventTarget();
  other.addEventListener("t", (e) => say("other", e.target === other));
  say(other.dispatchEvent(event), event.target === other);
}

async function during(say) {
  const target = new EventTarget();
  const seen = [];
  target.addEventListener("x", () => { seen.push(1); target.removeEventListener("x", gone); });
  const gone = () => seen.push("gone");
  target.addEventListener("x", gone);
  target.addEventListener("x", () => seen.push(2));
  target.dispatchEvent(new Event("x"));
  say(seen.join());
  seen.length = 0;
  target.dispatchEvent(new Event("x"));
  say(seen.join());
  const nested = new EventTarget();
  let depth = 0;
  const again = () => { seen.push(`depth ${depth}`); if (depth < 3) { depth++; nested.dispatchEvent(new Event("n")); } nested.removeEventListener("n", again); };
  nested.addEventListener("n", again);
  nested.addEventListener("n", () => { seen.push(`end ${depth}`); depth--; }, { once: true });
  seen.length = 0;
  nested.dispatchEvent(new Event("n"));
  say(seen.join());
  seen.length = 0;
  nested.dispatchEvent(new Event("n"));
  say(seen.join());
  const once = new EventTarget();
  once.addEventListener("o", () => { seen.push("once"); once.dispatchEvent(new Event("o")); }, { once: true });
  once.dispatchEvent(new Event("o"));
  say(seen.join());
  const stop = new EventTarget();
  for (const how of ["stopPropagation", "stopImmediatePropagation", "preventDefault"]) {
    seen.length = 0;
    stop.addEventListener(how, (event) => { seen.push(1); event[how](); seen.push(event.cancelBubble, event.defaultPrevented); });
    stop.addEventListener(how, () => seen.push(2));
    const event = new Event(how, { cancelable: true });
    say(how, stop.dispatchEvent(event), seen.join(), event.defaultPrevented);
  }
  const busy = new EventTarget();
  let refused;
  busy.addEventListener("b", (event) => { try { busy.dispatchEvent(event); } catch (error) { refused = typeof error; } });
  busy.dispatchEvent(new Event("b"));
  say(refused);
  const removed = new EventTarget();
  const second = () => seen.push("second");
  removed.addEventListener("r", () => { removed.removeEventListener("r", second); removed.addEventListener("r", second); seen.push("first"); }, { once: true });
  removed.addEventListener("r", second);
  seen.length = 0;
  removed.dispatchEvent(new Event("r"));
  say(seen.join());
  removed.dispatchEvent(new Event("r"));
  say(seen.join());
}

async function signalled(say) {
  const target = new EventTarget();
  const controller = new AbortController();
  const seen = [];
  target.addEventListener("x", () => seen.push("a"), { signal: controller.signal });
  target.addEventListener("x", () => seen.push("b"), { signal: controller.signal, once: true });
  target.addEventListener("y", () => seen.push("c"), { signal: controller.signal });
  target.addEventListener("x", () => seen.push("d"));
  target.dispatchEvent(new Event("x"));
  target.dispatchEvent(new Event("y"));
  say(seen.splice(0).join());
  controller.abort();
  target.dispatchEvent(new Event("x"));
  target.dispatchEvent(new Event("y"));
  say(seen.splice(0).join());
  target.addEventListener("x", () => seen.push("e"), { signal: controller.signal });
  target.dispatchEvent(new Event("x"));
  say(seen.splice(0).join());
  for (const signal of [5, {}, "x", new EventTarget()]) {
    say(await attempt(() => target.addEventListener("x", () => {}, { signal })));
  }
  say(await attempt(() => target.addEventListener("x", () => {}, { signal: undefined })));
  const inside = new AbortController();
  target.addEventListener("z", () => { seen.push("first"); inside.abort(); });
  target.addEventListener("z", () => seen.push("never"), { signal: inside.signal });
  target.addEventListener("z", () => seen.push("last"));
  target.dispatchEvent(new Event("z"));
  say(seen.splice(0).join());
  inside.signal.addEventListener("abort", () => seen.push("itself"), { signal: inside.signal });
  inside.signal.dispatchEvent(new Event("abort"));
  say(seen.splice(0).join());
}

async function controllers(say) {
  const controller = new AbortController();
  const { signal } = controller;
  const seen = [];
  say(signal.aborted, signal.reason, signal.onabort, signal.throwIfAborted(), controller.signal === signal, signal instanceof EventTarget, signal instanceof AbortSignal);
  signal.addEventListener("abort", (event) => seen.push(`listener ${event.type} ${event.isTrusted} ${event.target === signal} ${signal.aborted} ${signal.reason} ${flags(event)} ${event.constructor.name}`));
  signal.onabort = function (event) { seen.push(`attribute ${this === signal} ${event.type}`); };
  signal.addEventListener("abort", () => seen.push("last"));
  signal.onabort = () => seen.push("changed");
  say(controller.abort("why"), controller.abort("again"), signal.aborted, signal.reason, await attempt(() => signal.throwIfAborted()), seen.join("; "));
  for (const args of [[], [undefined], [null], [0], [""], [new TypeError("mine")]]) {
    const one = new AbortController();
    one.abort(...args);
    say(one.signal.aborted, typeof one.signal.reason === "object" ? one.signal.reason?.name ?? one.signal.reason : one.signal.reason, await attempt(() => one.signal.throwIfAborted()));
    const made = AbortSignal.abort(...args);
    say(made.aborted, typeof made.reason === "object" ? made.reason?.name ?? made.reason : made.reason);
  }
  const plain = new AbortController();
  plain.abort();
  say(plain.signal.reason instanceof DOMException, plain.signal.reason instanceof Error, plain.signal.reason.code, plain.signal.reason === plain.signal.reason);
  for (const value of [null, {}, () => 1, undefined, {}, null]) {
    plain.signal.onabort = value;
    say(typeof plain.signal.onabort, plain.signal.onabort === (value ?? null));
  }
  say(await attempt(() => new AbortSignal()), await attempt(() => AbortController()), await attempt(() => AbortController.prototype.abort.call({})), AbortController.length, AbortController.prototype.abort.length, AbortSignal.timeout.length, AbortSignal.any.length);
  const self = new AbortController();
  self.signal.addEventListener("abort", () => { seen.push("in"); self.abort("nested"); });
  seen.length = 0;
  self.abort("outer");
  say(seen.join(), self.signal.reason);
  const hand = new AbortController();
  hand.signal.addEventListener("abort", (event) => seen.push(`by hand ${event.isTrusted} ${hand.signal.aborted}`));
  hand.signal.dispatchEvent(new Event("abort"));
  say(seen.join());
}

async function combined(say) {
  const seen = [];
  const one = new AbortController();
  const two = new AbortController();
  const any = AbortSignal.any([one.signal, two.signal]);
  const over = AbortSignal.any([any, new AbortController().signal]);
  for (const [name, signal] of Object.entries({ one: one.signal, any, over, two: two.signal })) {
    signal.addEventListener("abort", (event) => seen.push(`${name} ${event.target === signal} ${signal.aborted} ${two.signal.aborted}`));
  }
  say(any.aborted, over.aborted, any === one.signal);
  two.abort("second");
  say(seen.splice(0).join("; "), any.reason, over.reason, one.signal.aborted);
  one.abort("first");
  say(seen.splice(0).join("; "), any.reason);
  say(AbortSignal.any([AbortSignal.abort("a"), AbortSignal.abort("b")]).reason, AbortSignal.any([]).aborted);
  for (const value of [undefined, null, 5, [5], [{}], [one.signal, "x"]]) {
    say(await attempt(() => AbortSignal.any(value).aborted));
  }
  const same = new AbortController();
  const twice = AbortSignal.any([same.signal, same.signal, AbortSignal.any([same.signal])]);
  twice.addEventListener("abort", () => seen.push("once"));
  same.abort();
  say(seen.splice(0).join(), twice.reason === same.signal.reason);
}

async function timeouts(say) {
  const waited = (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)));
  const signal = AbortSignal.timeout(1);
  const keep = setTimeout(() => {}, 50);
  say(signal.aborted);
  const reason = await waited(signal);
  say(reason.name, reason instanceof DOMException, reason.code, signal.aborted, signal.reason === reason, await attempt(() => signal.throwIfAborted()));
  const controller = new AbortController();
  const first = AbortSignal.any([AbortSignal.timeout(5), controller.signal]);
  setTimeout(() => controller.abort("faster"), 1);
  say(await waited(first));
  const second = AbortSignal.any([AbortSignal.timeout(1), new AbortController().signal]);
  say((await waited(second)).name);
  clearTimeout(keep);
}

async function requests(say) {
  const request = new Request("http://a.b/");
  say(request.signal instanceof AbortSignal, request.signal === request.signal, request.signal.aborted);
  const controller = new AbortController();
  const made = new Request("http://a.b/", { signal: controller.signal });
  const copy = new Request(made);
  const clone = made.clone();
  const changed = new Request(made, { method: "POST" });
  const freed = new Request(made, { signal: null });
  controller.abort("why");
  for (const one of [made, copy, clone, changed, freed]) {
    say(one.signal.aborted, one.signal.reason);
  }
  say(new Request("http://a.b/", { signal: AbortSignal.abort("early") }).signal.reason, new Request("http://a.b/", { signal: undefined }).signal.aborted);
  for (const signal of [5, {}, "x"]) {
    say(await attempt(() => new Request("http://a.b/", { signal })));
  }
}

const sections = { requests, objects, listeners, during, signalled, controllers, combined, timeouts };

export async function run() {
  const lines = [];
  for (const [name, section] of Object.entries(sections)) {
    await section((...values) => lines.push(`${name}: ${values.map(String).join(" | ")}`));
  }
  return lines;
}

// Pairs of what the standard says and what is said here, where Node says something else.
export async function runStandard() {
  const pairs = [];
  const passive = new Event("x", { cancelable: true });
  const target = new EventTarget();
  target.addEventListener("x", (event) => event.preventDefault(), { passive: true });
  target.dispatchEvent(passive);
  pairs.push([false, passive.defaultPrevented]);
  for (const cancelable of [true, false]) {
    const event = new Event("x", { cancelable });
    event.returnValue = true;
    pairs.push([true, event.returnValue]);
    event.returnValue = false;
    pairs.push([!cancelable, event.returnValue]);
    event.returnValue = true;
    pairs.push([!cancelable, event.returnValue]);
  }
  for (const value of [5, "x"]) {
    const { signal } = new AbortController();
    signal.onabort = value;
    pairs.push([null, signal.onabort]);
  }
  const busy = new EventTarget();
  busy.addEventListener("b", (event) => { try { busy.dispatchEvent(event); } catch (error) { pairs.push(["InvalidStateError DOMException", `${error.name} ${error.constructor.name}`]); } });
  busy.dispatchEvent(new Event("b"));
  for (const ms of [-1, NaN, Infinity, undefined, 2 ** 53]) {
    pairs.push(["TypeError", await attempt(() => AbortSignal.timeout(ms).aborted)]);
  }
  for (const ms of ["0", null, 0.9, true]) {
    pairs.push([false, await attempt(() => AbortSignal.timeout(ms).aborted)]);
  }
  const growing = new EventTarget();
  const called = [];
  growing.addEventListener("x", () => { called.push("first"); growing.addEventListener("x", () => called.push("late")); });
  const stopped = new Event("x");
  growing.addEventListener("x", () => stopped.stopPropagation());
  growing.dispatchEvent(stopped);
  pairs.push(["first", called.join()], [false, stopped.cancelBubble]);
  const source = new AbortController();
  const dependent = AbortSignal.any([source.signal]);
  source.signal.onabort = () => pairs.push([true, dependent.aborted]);
  source.abort();
  pairs.push(["s", AbortSignal.any(new Set([AbortSignal.abort("s")])).reason]);
  pairs.push(["The operation was aborted", AbortSignal.abort().reason.message]);
  const seen = [];
  globalThis.addEventListener("g", function (event) { seen.push(this === globalThis, event.target === globalThis); });
  const heard = (event) => seen.push(event.type);
  addEventListener("g", heard);
  dispatchEvent(new Event("g"));
  removeEventListener("g", heard);
  globalThis.dispatchEvent(new Event("g"));
  pairs.push(["true,true,g,true,true", seen.join()]);
  return pairs;
}
