"""What a worker tells the owner of what it has counted since it told last, and how the owner adds it up.

Of a function: [requests, errors, cpu_us, operations_us, wall_us, peak, buckets, image_size].
"""

import gc

from edgelet import shortages

_SUMS = ("requests", "cpu_us", "operations_us", "wall_us")
#: What is so at a time, of a worker.
GAUGES = (
    "connections",
    "held",
    "most",
    "images_bytes",
    "queued",
    "waiting",
    "streaming",
    "parked_calls",
    "parked_bytes",
    "heap_free",
    "heap_used",
)
#: What an arena counts.
COUNTERS = ("parks", "park_us", "resumes", "resume_us")


class Reporter:
    """Tells what has come to a worker's counters since it told last. device: `edgelet.device.Device`."""

    def __init__(self, device):
        self._device = device
        self._told = {}  # name of a counter -> its value then
        self._sizes = {}  # name of a function -> its image's size then

    def report(self):
        """{functions, refused, shortages, arena: what has come to it; gauges; request: the last one's number}."""
        functions, server = self._device.functions, self._device.server
        arena = functions.arena
        free, used = gc.mem_free(), gc.mem_alloc()
        return {
            "functions": self._functions(functions),
            "refused": self._since("refused", server.refused),
            "shortages": self._since("shortages", shortages.counts),
            "arena": self._since("arena", {name: getattr(arena, name) for name in COUNTERS}),
            "gauges": [
                len(server.connections),
                server.memory.held if server.memory else 0,
                server.memory.most if server.memory else 0,
                functions.images.bytes,
                functions.turns.queued,
                functions.waiting,
                functions.streaming,
                arena.parked_calls,
                arena.parked_bytes,
                free,
                used,
            ],
        }

    def _functions(self, functions):
        found = {}
        for name, stats in functions.stats():
            function = functions.get(name)
            size = function.image_size if function else 0
            if stats.requests or stats.operations_us or size != self._sizes.get(name, 0):
                self._sizes[name] = size
                found[name] = _take(stats)
                found[name].append(size)
        return found

    def _since(self, what, counts):
        told = self._told.setdefault(what, {})
        more = {}
        for name, count in counts.items():
            if count != told.get(name, 0):
                more[name] = count - told.get(name, 0)
                told[name] = count
        return more


def _take(stats):
    """What is counted of a function, which counts from 0 from now on."""
    taken = [stats.requests, stats.errors, stats.cpu_us, stats.operations_us, stats.wall_us, stats.peak, stats.buckets]
    stats.__init__()
    return taken


def add(stats, one):
    """Adds what a worker has told of a function to its `edgelet.functions.stats.Stats`."""
    stats.requests += one[0]
    for kind, count in one[1].items():
        stats.errors[kind] = stats.errors.get(kind, 0) + count
    stats.cpu_us += one[2]
    stats.operations_us += one[3]
    stats.wall_us += one[4]
    stats.peak = max(stats.peak, one[5])
    for i, count in enumerate(one[6]):
        stats.buckets[i] += count


def add_counts(counts, more):
    """Adds the values of one dict to those of another."""
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count
