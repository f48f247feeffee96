"""All limits that can be set, in one table, as docs/limits.md has them too.

Whose a limit is, one or two of:

    server      the HTTP server's (`edgelet.http`)
    function    a function's: its project sets it for this function, in the manifest
    device      the device's, for its functions together or for each of them

All are settings of the device (`edgelet.storage.config`), which a function that sets nothing has; but for those without
a default, for which it has what its arena gives.
"""

import sys

_LINUX = sys.platform == "linux"

#: READ_SIZE of `edgelet.http.reader`, and the objects of a connection and its task.
CONNECTION_BYTES = 8192 if _LINUX else 3072

#: (name, whose, default on Linux, default on boards, least, most, meaning). Sizes are bytes, times are milliseconds;
#: the server looks at its times every `edgelet.http.server.TICK_MS`, and twice. 8000 is what RFC 9110 section 4.1
#: recommends for URLs; the head of a board holds an 8 KB Authorization header and 2 KB of others.
TABLE = (
    ("url", "server", 8000, 2048, 64, 64 << 10, "request target"),
    ("head", "server", 16 << 10, 10 << 10, 256, 256 << 10, "request line and header lines"),
    ("body", "server function", 1 << 20, 16 << 10, 0, (1 << 30) - 2, "request body"),
    ("connections", "server", 5000, 8, 1, 8000, "open connections"),
    ("idle_ms", "server", 60000, 15000, 100, 3600000, "until the first byte of a request"),
    ("head_ms", "server", 10000, 10000, 100, 3600000, "from there to the end of its head"),
    ("body_ms", "server", 30000, 30000, 100, 3600000, "from there to the end of its body"),
    ("wall_ms", "server function", 30000, 30000, 100, 3600000, "from a request's head to the end of its response"),
    ("send_ms", "server", 15000, 15000, 100, 3600000, "without the client taking more of a response"),
    ("cpu_ms", "function", 50, 1000, 1, 60000, "thread CPU time of a call"),
    ("background_ms", "function", 30000, 5000, 0, 3600000, "what ctx.waitUntil may take after the response"),
    ("subrequests", "function", 50, 10, 0, 10000, "requests that a call may send"),
    ("fetch_ms", "function", 20000, 20000, 100, 3600000, "from one of them to its response, and to each part of that"),
    ("fetch_bytes", "function", 64 << 20, 1 << 20, 0, (1 << 30) - 2, "body of such a response"),
    ("memory", "function", 16 << 20, None, 48 << 10, 1 << 30, "of the arena, for the image and a request"),
    ("stack", "function", None, None, 8 << 10, 2 << 20, "C stack for JavaScript"),
    ("arena_bytes", "device", 64 << 20, 96 << 10, 64 << 10, 1 << 30, "size of the arena (fixed on RP2040)"),
    ("waiting_requests", "device", 4096, 12, 0, 65536, "requests that wait in their handlers outside the arena"),
    ("waiting_bytes", "device", 128 << 20, 24 << 10, 0, 1 << 30, "what they may take there"),
    ("waiting_share", "device", 75, 75, 1, 100, "percent of what can wait for one function, where there are several"),
    ("image_cache_bytes", "device", 64 << 20, 128 << 10, 0, 1 << 30, "images kept in RAM"),
    ("queue_length", "device", 5000, 8, 0, 8000, "requests that wait for their turn in the arena"),
    ("queue_ms", "device", 2000, 2000, 0, 60000, "how long they wait"),
    ("drain_ms", "device", 2000, 2000, 0, 60000, "what requests may take after a new release came"),
    ("log_bytes", "device", 256 << 10, 2048, 1024, 16 << 20, "size of the log ring"),
    ("release_files", "device", 1000, 64, 1, 10000, "files of a release"),
    ("release_file_bytes", "device", 32 << 20, 256 << 10, 1024, 1 << 30, "size of one of them"),
    ("release_bytes", "device", 256 << 20, 512 << 10, 1024, 1 << 30, "size of all of them"),
    ("kv_keys", "device", 10000, 128, 1, 1000000, "keys of a KV namespace"),
    ("kv_value_bytes", "device", 1 << 20, 4096, 16, 16 << 20, "size of a value in KV"),
    ("kv_bytes", "device", 64 << 20, 32 << 10, 1024, 1 << 30, "size of a KV namespace: keys, values, metadata"),
    ("kv_cache_bytes", "device", 1 << 20, 1024, 0, 64 << 20, "values of a KV namespace kept in RAM"),
    ("ratelimit_keys", "device", 1024, 64, 1, 65536, "keys that a rate limit binding tells apart"),
)

#: What is less there than the table's most. The event loop stands still while JavaScript computes, and the hardware
#: watchdog (`edgelet.board.watchdog`) waits no longer than 8 s for it. The others are pieces of memory made at once.
MOST_ON_BOARDS = {"cpu_ms": 5000, "kv_cache_bytes": 64 << 10, "ratelimit_keys": 1024}
#: What an RP2350 has instead of a board's default: its heap is twice as large as an RP2040's. An ESP32 without PSRAM
#: has no more than an RP2040, of which the arena and the images, which an RP2040 keeps in flash, take their part.
RP2350 = {"waiting_requests": 24, "waiting_bytes": 80 << 10}

_IS_RP2350 = "RP2350" in getattr(sys.implementation, "_machine", "")


def of(owner, linux=_LINUX, rp2350=_IS_RP2350):
    """Yields (name, default, least, most) on that kind of device of each limit of an owner; of all for ""."""
    for name, owners, default, board, least, most, _meaning in TABLE:
        if owner in owners:
            if not linux:
                default = RP2350.get(name, board) if rp2350 else board
                most = MOST_ON_BOARDS.get(name, most)
            yield name, default, least, most


class ServerLimits:
    """The limits of one HTTP server: an attribute for each that is the server's.

    Keyword arguments replace defaults. Raises ValueError for an unknown name or a value out of its range.
    """

    def __init__(self, **values):
        for name, default, least, most in of("server"):
            value = values.pop(name, default)
            if type(value) is not int or not least <= value <= most:
                raise ValueError(f"limit {name} must be a whole number from {least} to {most}")
            setattr(self, name, value)
        for name in values:
            raise ValueError(f"unknown limit {name}: use {', '.join(row[0] for row in of('server'))}")
        if self.url >= self.head:
            raise ValueError("limit url must be less than limit head")
