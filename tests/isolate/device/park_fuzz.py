"""Random schedules of calls that wait in one arena, against each call alone.

Usage: micropython park_fuzz.py FIRST COUNT

A schedule is a seed, FIRST and on. Up to 50 calls of several functions run in one arena, turn by turn in random order;
after each turn the call is parked, and somebody else may have the arena. Each call then runs again in an arena where
nobody else is: it must come to the same answer, log lines, error and peak of memory. The sanitizer firmware checks the
arena's invariants whenever a call comes back. Prints one line of JSON: how calls ended, and how often they were parked.
"""

import json
import sys

import quickjs

# A handler that does what the request's body says, a list of steps, and keeps all sorts of things meanwhile.
HANDLER = """
const made = new Map();
for (let i = 0; i < ENTRIES; i++) made.set("key" + i, { i, text: "top level ".repeat(i % 4) });
let served = 0;

function* numbers() { for (let i = 0; ; i++) yield i * 7; }

class Kept {
  #secret = 1;
  constructor(parts) { this.parts = parts; this.bytes = new Uint8Array(100).fill(parts.length); }
  add(n) { this.#secret += n; this.bytes[n % 100] ^= n; return this.#secret; }
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

const digest = async (bytes) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))];

async function* each(n, env) {
  try { for (let i = 0; i < n; i++) yield await env.K.get("each" + i); } finally { await wait(n); }
}

async function deep(n, env, list) {
  try { return n === 0 ? await env.K.get("deep") : await deep(n - 1, env, list); } finally { list.push(n); }
}

function chunks(n) {
  let left = n % 4 + 1;
  const pull = async (controller) => {
    await wait(1);
    if (left-- === 0) controller.close(); else controller.enqueue("chunk " + left);
  };
  return new ReadableStream({ pull });
}

async function run(steps, state, env, ctx) {
  for (const [what, n] of steps) {
    state.turn++;
    state.sum += state.next.next().value + state.kept.add(n);
    if (what === "timer") await wait(n);
    else if (what === "kv") state.list.push(await env.K.get("key" + n));
    else if (what === "fails") state.list.push(await env.K.put("key" + n, "x").catch((error) => error.message));
    else if (what === "all") state.list.push(await Promise.all([...Array(n % 5 + 1).keys()].map((i) => env.K.get(i))));
    else if (what === "race") state.list.push(await Promise.race([wait(n).then(() => "timer"), env.K.get("race")]));
    else if (what === "any") state.list.push(await Promise.any([env.K.put("any", n), env.K.get("any")]));
    else if (what === "settled") state.list.push(await Promise.allSettled([env.K.put("settled", n), wait(n)]));
    else if (what === "each") { for await (const one of each(n % 6, env)) if (state.list.push(one) % 7 === 0) break; }
    else if (what === "stream") { for await (const chunk of chunks(n)) state.list.push(chunk); }
    else if (what === "deep") state.list.push(await deep(n % 20, env, state.list));
    else if (what === "thenable") state.list.push(await { then(done) { setTimeout(() => done(n), n); } });
    else if (what === "digest") state.list.push(await digest(state.kept.bytes));
    else if (what === "body") state.list.push(await new Response("body " + n).text());
    else if (what === "microtasks") for (let i = 0; i < n; i++) await null;
    else if (what === "interval") await new Promise((done) => {
      let left = n % 4 + 1;
      const id = setInterval(() => { if (--left === 0) { clearInterval(id); done(); } }, 1);
    });
    else if (what === "cancel") clearTimeout(setTimeout(() => state.list.push("never"), n));
    else if (what === "objects") state.map.set(n, Array.from({ length: n }, (_, i) => ({ i, text: "x" + i })));
    else if (what === "bytes") state.buffers.push(new Uint8Array(n * 300).fill(n));
    else if (what === "drop") { state.map.clear(); state.buffers.length = 0; made.delete("key" + n); }
    else if (what === "change") { made.set("new" + n, { n }); globalThis["g" + n] = [n]; Array.prototype["p" + n] = n; }
    else if (what === "log") console.log("step", state.turn, { n, map: state.map.size });
    else if (what === "parse") state.list.push(JSON.parse(JSON.stringify([...made].slice(0, n))).length);
    else if (what === "match") state.list.push("a1b22c333".replace(/[0-9]+/g, (digits) => digits.length * n));
    else if (what === "behind") ctx.waitUntil(wait(n).then(() => console.log("behind", n, state.sum)));
    else if (what === "rejects") ctx.waitUntil(wait(n).then(() => { throw new TypeError("behind " + n); }));
    else if (what === "late") setTimeout(() => { throw new RangeError("late " + n); }, n);
    else if (what === "throw") throw new Error("thrown at " + state.turn);
    else if (what === "pass") { ctx.passThroughOnException(); throw new Error("passed at " + state.turn); }
    else if (what === "stuck") await new Promise(() => {});
    else if (what === "hog") for (const hog = []; ; ) hog.push(new Array(1000).fill(n));
    else if (what === "spin") for (;;);
    else if (what === "burn") for (let i = 0; i < 10000; i++) state.sum += i % n;
    else if (what === "result") state.result = n;
    else if (what === "send") state.send = n;
  }
}

// A body that is sent while more is done; one of some is in error.
function body(text, n, state, env) {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      state.sum += state.next.next().value;
      if (n % 3 === 0) await wait(n); else if (n % 3 === 1) state.list.push(await env.K.get("sent" + at));
      if (at > 1000 && n % 7 === 0) throw new Error("cut at " + state.sum);
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += n * 40 + 100));
    },
    async cancel(reason) { await wait(n); console.log("cancelled", reason.message, at, state.sum, state.list.length); },
  });
}

export default {
  async fetch(request, env, ctx) {
    const steps = await request.json();
    const state = { turn: 0, sum: ++served, list: [], map: new Map(), buffers: [], next: numbers() };
    state.kept = new Kept(steps);
    await run(steps, state, env, ctx);
    if (state.result !== undefined) return state.result;
    const map = [...state.map].map(([n, items]) => n + items.length + items.at(-1)?.text);
    const buffers = state.buffers.map((bytes) => bytes.reduce((a, b) => a + b, 0));
    const globals = Object.keys(globalThis).filter((name) => /^g[0-9]/.test(name));
    const { turn, sum, list, kept } = state;
    const bytes = [...kept.bytes];
    const all = { turn, sum, list, map, buffers, globals, served, made: [...made.keys()].length, bytes };
    const headers = { "x-turn": String(turn), agent: request.headers.get("user-agent") };
    if (state.send === undefined) return Response.json(all, { status: 200 + (turn % 50), headers });
    return new Response(body(JSON.stringify(all), state.send, state, env), { headers });
  },
};
"""

# Whose arena it is in between: it uses as much as it can get.
NOISE = """
export default {
  fetch(request) {
    const kept = [];
    for (let i = 0; i < Number(request.url.split("?")[1]); i++) kept.push(new Uint8Array(1000).fill(0xA5));
    return new Response(String(kept.length));
  },
};
"""

# (name, entries at the top level, cpu_ms, steps that it may be asked for beside the common ones)
FUNCTIONS = (
    ("small", 0, 60000, []),
    ("large", 400, 60000, ["hog"]),
    # Far from its limit or far beyond it: what is near passes it in one of two runs.
    ("hasty", 20, 10, ["spin"]),
    # Passes its CPU time, in turns of which none takes all of it. Short, as that is much of what a schedule costs.
    ("burning", 20, 2, []),
)
COMMON = [
    "timer",
    "kv",
    "fails",
    "all",
    "race",
    "any",
    "settled",
    "each",
    "stream",
    "deep",
    "thenable",
    "digest",
    "body",
    "microtasks",
    "interval",
    "cancel",
    "objects",
    "bytes",
    "drop",
    "change",
    "log",
    "parse",
    "match",
    "behind",
    "rejects",
]
ENDS = ("late", "throw", "pass", "stuck", "result", "hog", "send", "send", "send")

ARENA_SIZE = 1024 * 1024


class Random:
    """Pseudo-random numbers from a seed (xorshift32)."""

    def __init__(self, seed):
        self._state = (seed * 2654435761 + 97) & 0xFFFFFFFF or 1

    def below(self, bound):
        x = self._state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._state = x
        return (x >> 3) % bound

    def choice(self, items):
        return items[self.below(len(items))]


class World:
    """An arena with the images of all functions."""

    def __init__(self, **limits):
        self.arena = quickjs.Arena(ARENA_SIZE, **limits)
        self.images = {}
        for name, entries, cpu_ms, _ in FUNCTIONS:
            source = HANDLER.replace("ENTRIES", str(entries))
            self.images[name] = self._build(source, cpu_ms=cpu_ms, name=name, memory=ARENA_SIZE - 64 * 1024)
        self.noise = self._build(NOISE)

    def _build(self, source, **options):
        bundle = quickjs.compile({"main.js": source})
        return self.arena.build(bundle, None, {"K": ("kv", ("get", "put"))}, **options)


class Plan:
    """What a call is asked to do, and what becomes of its operations: the same however often it is run."""

    def __init__(self, random):
        self.function, _, _, own = random.choice(FUNCTIONS[:-1])
        steps = []
        for _ in range(random.below(12) + 1):
            kinds = COMMON if random.below(20) else COMMON + own
            steps.append((random.choice(kinds), random.below(60)))
        if random.below(3) == 0:
            steps.append((random.choice(ENDS), random.below(60)))
        self.turns = random.below(15) if random.below(8) == 0 else 200  # then it is abandoned
        if random.below(12) == 0:
            self.function = FUNCTIONS[-1][0]
            self.turns = 200  # in which of them its time is over is not always the same
            steps = [("burn", 7), ("timer", 1)] * 100
        self.body = json.dumps(steps)
        self.seed = random.below(1 << 30)


class Run:
    """A call of a plan, turn by turn."""

    def __init__(self, world, plan):
        self._plan = plan
        self._random = Random(plan.seed)
        self._open = []
        self._sent = b""  # of a response that is a stream
        self._logs = []
        self._turns = 0
        headers = b"content-type: application/json\r\nuser-agent: test-%d\r\n" % plan.seed
        self.call = world.images[plan.function].start("POST", f"/{plan.seed}", headers, plan.body)
        self._take()

    @property
    def goes_on(self):
        return self.call.state == quickjs.PENDING or self.call.background

    def turn(self):
        """Settles one of the open operations, or abandons the call, where it is, when it has had its turns.

        Raises quickjs.Error where there is no room, and did nothing then.
        """
        if self._turns >= self._plan.turns:
            self.call.abandon()
            return
        before = self._random._state
        index = self._random.below(len(self._open))
        number, name, args = self._open[index]
        try:
            if name == "body.write" and self._random.below(20) == 0:
                assert self.call.cancel("enough")
            elif name == "kv.put":
                self.call.reject(number, "no room for " + args[1])
            elif name == "timer" or name == "body.write":
                self.call.resolve(number)
            else:
                self.call.resolve(number, {"key": args[1], "list": [1, 2.5, None, True]})
        except quickjs.Error:
            self._random._state = before
            raise
        if name != "timer" or not args[1]:
            self._open.pop(index)
        self._turns += 1
        self._take()

    def _take(self):
        """As the device does when a turn is over."""
        cancelled = self.call.cancelled()
        self._open = [operation for operation in self._open if operation[0] not in cancelled]
        new = self.call.ops()
        self._open += new
        self._sent += b"".join([args[0] for _, name, args in new if name == "body.write"])
        self._logs += self.call.logs()

    def outcome(self):
        call = self.call
        if call.error:
            # Where a limit hit is not the same each time; that it hit is.
            exact = call.error.kind != "cpu"
            end = (call.error.kind, call.error.message, call.error.stack if exact else "", call.passes_through)
            return end + ((call.peak, self._sent, self._logs, self._turns) if exact else ())
        return (call.state, call.status, call.headers, call.body, self._sent, call.peak, self._logs, self._turns)


def play(world, plans, random):
    """The outcomes of all plans, which wait for each other in one arena."""
    runs = [None] * len(plans)
    waiting = list(range(len(plans)))
    refused = 0
    while waiting:
        i = random.choice(waiting)
        try:
            if runs[i] is None:
                runs[i] = Run(world, plans[i])
            elif runs[i].goes_on:
                runs[i].turn()
            else:
                waiting.remove(i)
            world.arena.park()
            if random.below(3) == 0:
                world.noise.start("GET", f"/?{random.below(300)}", b"")
        except quickjs.Error as error:
            # Only the one that is in the arena goes on, until it leaves, or another one that fits in its place.
            assert error.kind == "busy", error
            refused += 1
    return [run.outcome() for run in runs], refused


def alone(world, plan):
    run = Run(world, plan)
    while run.goes_on:
        run.turn()
    return run.outcome()


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2])
    quiet = World()
    # The second one has no room for all who wait.
    worlds = (World(), World(parked_calls=5, parked_bytes=150 * 1024))
    endings = {}
    refusals = 0
    for seed in range(first, first + count):
        random = Random(seed)
        plans = [Plan(random) for _ in range(random.below(50) + 1)]
        shared = worlds[seed % 2]
        outcomes, refused = play(shared, plans, random)
        refusals += refused
        assert (shared.arena.parked_calls, shared.arena.parked_bytes) == (0, 0)
        for i, plan in enumerate(plans):
            outcome = outcomes[i]
            expected = alone(quiet, plan)
            assert outcome == expected, (seed, plan.function, plan.body, outcome, expected)
            endings[str(outcome[0])] = endings.get(str(outcome[0]), 0) + 1
    assert quiet.arena.parks == 0
    for world in worlds:
        endings["parks"] = endings.get("parks", 0) + world.arena.parks
    endings["refusals"] = refusals
    print(json.dumps(endings))


main()
