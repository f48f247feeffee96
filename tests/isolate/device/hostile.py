"""Runs one script of the hostile corpus under several CPU limits, alone and in a loop that catches everything.

Usage: micropython hostile.py SCRIPT [KIND ...]

Each time the script must be stopped in time with the kind of error that its first line names (or one of KIND), and the
isolate must answer correctly right after. Prints a line for each time: limit in ms, way, kind, CPU time in us.
"""

import sys

import quickjs
from common import answered, built

CPU_LIMITS_MS = (5, 50)
# CPU time that may pass beyond the limit.
SLACK_US = 50000
ARENA_SIZE = 1024 * 1024

MAIN = """
import attack from "./attack.js";

async function persist() {
  for (;;) {
    try {
      await attack();
      await null;
    } catch {
      continue;
    } finally {
      continue;
    }
  }
}

export default {
  async fetch(request) {
    if (request.url.endsWith("/ok")) return new Response(String(6 * 7));
    if (request.url.endsWith("/persist")) return persist();
    return new Response(await attack());
  },
};
"""
# What a loop that catches everything can end with: nothing else is left to it.
PERSIST_ENDS = ("cpu", "memory", "stuck", "pending")


# What a slice of a long computation may take, as on a device.
SLICE_US = 5000


def compute(call):
    """Give the call slices of its computations, as a device does, until it has ended or only waits."""
    slices = [number for number, name, _ in call.ops() if name == "work"]
    while slices and call.state == quickjs.PENDING:
        for number in slices:
            if call.state == quickjs.PENDING:
                call.resolve(number, SLICE_US)
        slices = [number for number, name, _ in call.ops() if name == "work"]


def expect(image, path, kinds, limit_ms):
    call = image.start("GET", path, None)
    compute(call)
    # A script that waits for operations has used no more than its time either.
    kind = {quickjs.DONE: "done", quickjs.PENDING: "pending"}.get(call.state)
    if call.state == quickjs.ERROR:
        kind = call.error.kind
    print(limit_ms, path, kind, call.cpu_us)
    assert call.cpu_us <= limit_ms * 1000 + SLACK_US, f"{call.cpu_us} us"
    assert kind in kinds, f"{kind}: {call.error and call.error.message}"
    call.abandon()


def check_answers(limit_ms, *images):
    for image in images:
        call = answered(image, limit_ms, "/ok", None)
        assert (call.state, call.body) == (quickjs.DONE, b"42"), call.error and call.error.message


def attack_requests(arena, source, kinds):
    files = {"main.js": MAIN, "attack.js": source}
    neighbour = arena.build(quickjs.compile(files | {"attack.js": "export default () => {};"}))
    for limit_ms in CPU_LIMITS_MS:
        image = built(arena, quickjs.compile(files), cpu_ms=limit_ms)
        for path, ends in (("/once", kinds), ("/persist", PERSIST_ENDS)):
            expect(image, path, ends, limit_ms)
            check_answers(limit_ms, image, neighbour, image)


def attack_build(arena, source, kinds):
    neighbour = arena.build(quickjs.compile({"main.js": MAIN, "attack.js": "export default () => {};"}))
    for limit_ms in CPU_LIMITS_MS:
        bundle = quickjs.compile({"main.js": source})
        try:
            arena.build(bundle, cpu_ms=limit_ms)
            raise AssertionError("was built")
        except quickjs.Error as error:
            print(limit_ms, "build", error.kind)
            assert error.kind in kinds, error
        check_answers(limit_ms, neighbour)


def main(path, *more_kinds):
    with open(path) as file:
        source = file.read()
    first = source.split(":", 1)[0].replace("// ", "", 1)
    arena = quickjs.Arena(ARENA_SIZE)
    top_level = first.startswith("top level, ")
    kinds = first.replace("top level, ", "", 1).split("|") + list(more_kinds)
    if "memory" in kinds:
        # A slow machine passes the CPU limit first.
        kinds.append("cpu")
    (attack_build if top_level else attack_requests)(arena, source, kinds)


main(*sys.argv[1:])
