"""Many requests of many kinds of handler, mixed in random order in one process.

Usage: micropython requests.py COUNT SEED FOLDER SLOWDOWN

FOLDER holds the handlers (see its pristine.js): the first line of each names how its requests end. Prints one line
of JSON: requests by kind, and the growth of resident memory in bytes after the first 1,000. Then prints the random
numbers that the requests got, one a line.
"""

import array
import gc
import json
import os
import random
import sys
import time

import quickjs

ENV = {"TOKEN": "token", "REGION": "here"}
# Requests of the kinds that run into the CPU limit take a thousand times the CPU time of the others.
RARE = ("infinite_loop", "native_loop")
RARE_CPU_MS = 4  # times SLOWDOWN
PAGE = 4096
COLLECT_BYTES = 8 << 20


def read(path):
    with open(path) as file:
        return file.read()


def resident():
    """Bytes of this process in memory."""
    return int(read("/proc/self/statm").split()[1]) * PAGE


def touch_heap():
    """Touch what will be used of MicroPython's heap, which Linux gives page by page as it is first used.

    Garbage is collected as on the device (edgelet.runtime).
    """
    gc.collect()
    gc.threshold(COLLECT_BYTES)
    blocks = [bytearray(16 * 1024) for _ in range(2 * COLLECT_BYTES >> 14)]
    blocks.clear()
    gc.collect()


class Handler:
    """A handler under test. ending: "done" or the kind of error that its requests end with."""

    def __init__(self, folder, name, arena, slowdown):
        source = read(folder + "/" + name + ".js")
        self.name = name
        self.ending = source.split(":", 1)[0][3:]
        self.requests = 0
        self.arena = arena
        self.fingerprint = None
        files = {
            "main.js": MAIN,
            "handler.js": source,
            "pristine.js": read(folder + "/pristine.js"),
        }
        cpu_ms = RARE_CPU_MS * slowdown if name in RARE else 60000
        self.image = arena.build(quickjs.compile(files), env=ENV, cpu_ms=cpu_ms, stack=64 * 1024)


# A request for /fingerprint compares everything that can be reached; it is too slow for every request.
MAIN = """
import handler from "./handler.js";
import { fingerprint } from "./pristine.js";
export default {
  fetch(request, env, ctx) {
    return request.url.endsWith("/fingerprint") ? fingerprint() : handler.fetch(request, env, ctx);
  },
};
"""


def finish(call):
    """Resolve what the call waits for; what a finished call left behind is abandoned with it."""
    while call.state == quickjs.PENDING or call.background:
        for number, _, _ in call.ops():
            call.resolve(number)
    call.abandon()


def check_fingerprint(handler):
    if handler.name in RARE:
        return
    call = handler.image.start("GET", "/fingerprint", None)
    assert call.state == quickjs.DONE, call.error.message
    if handler.fingerprint is None:
        handler.fingerprint = call.body
    assert call.body == handler.fingerprint, handler.name


def check_report(call, handler, before_us, before_ms, randoms, i):
    """The random number is new, the clock is real and the request's time begins with it."""
    after_us, after_ms = time.ticks_us(), time.time_ns() // 1000000
    number, now, elapsed = call.body.split()
    randoms[i] = float(number)
    assert before_ms <= int(now) <= after_ms, handler.name
    assert 0 <= float(elapsed) * 1000 <= time.ticks_diff(after_us, before_us), handler.name


def request(handler, randoms, i):
    handler.requests += 1
    if random.getrandbits(8) == 0:
        check_fingerprint(handler)
    before_us, before_ms = time.ticks_us(), time.time_ns() // 1000000
    headers = b"accept: */*\r\nx-turn: %d\r\n" % i
    call = handler.image.start("POST", "/x", headers, b"body", "host", "http", "peer")
    finish(call)
    ending = call.error.kind if call.state == quickjs.ERROR else "done"
    if ending != handler.ending:
        raise AssertionError(f"{handler.name}: {call.error and call.error.message}")
    if ending == "done":
        check_report(call, handler, before_us, before_ms, randoms, i)
    elif ending == "thrown":
        assert call.error.message == "Refused: too deep", call.error.message


def choose(handlers):
    handler = random.choice(handlers)
    while handler.name in RARE and random.getrandbits(5) != 0:
        handler = random.choice(handlers)
    return handler


def main(count, seed, folder, slowdown):
    touch_heap()
    random.seed(seed)
    arenas = [quickjs.Arena(1024 * 1024), quickjs.Arena(768 * 1024)]
    names = sorted(n[:-3] for n in os.listdir(folder) if n.endswith(".js") and n != "pristine.js")
    handlers = [Handler(folder, name, arenas[i % 2], slowdown) for i, name in enumerate(names)]
    for handler in handlers:
        check_fingerprint(handler)
    randoms = array.array("d", (-1 for _ in range(count)))
    warm = min(1000, count // 2)
    for i in range(count):
        if i == warm:
            before = resident()
        request(choose(handlers), randoms, i)
    growth = resident() - before
    print(json.dumps({"requests": {h.name: h.requests for h in handlers}, "growth": growth}))
    for number in randoms:
        if number >= 0:
            print(number)


main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
