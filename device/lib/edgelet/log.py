"""Structured log: a ring in RAM, bounded in bytes, that the console and the command line follow by sequence number.

Nothing in here raises or waits: a line that cannot be kept is counted in `lost`. Who follows the log and falls behind
sees the gap in the sequence numbers.
"""

import io
import json
import struct
import sys
import time
from collections import namedtuple

from edgelet import clock
from edgelet.names import LOG_LEVELS
from logring import NUMBERS, NUMBERS_SIZE, Ring

MAX_TEXT = 2048  # bytes of one record's text; a JavaScript stack fits
_MAX_PATH = 256 if sys.platform == "linux" else 48  # bytes of a path that are kept
_LEVEL_OF = {level[0]: level for level in LOG_LEVELS}

#: time: milliseconds since 1970 (0 while the clock is not set), uptime: milliseconds since the start of the device.
#: Of a request: status of HTTP, cpu_us: CPU time, wall_us: time since it arrived, arena: bytes of the arena in use at
#: most, bytes: of the response's body, parks: how often it left the arena while it waited, parking_us: what that and
#: coming back took, method, path: without its query, client: its IP address.
Record = namedtuple(
    "Record",
    "seq time uptime level text request function status cpu_us wall_us arena bytes parks parking_us method path client",
)


def request_name(number):
    """The id of a request, as responses and records have it."""
    return "%06x" % number


def _whole(record, seq):
    uptime, status, cpu_us, wall_us, arena, size, parks, parking_us = struct.unpack_from(NUMBERS, record)
    level, function, request, method, path, client, text = record[NUMBERS_SIZE:].decode().split("\0", 6)
    now = clock.unix_ms() - (clock.uptime_ms() - uptime) if clock.is_set() else 0
    return Record(
        seq,
        now,
        uptime,
        _LEVEL_OF[level],
        text,
        request,
        function,
        status,
        cpu_us,
        wall_us,
        arena,
        size,
        parks,
        parking_us,
        method,
        path,
        client,
    )


_FIELDS = ("time", "request", "function", "method", "path", "status", "bytes", "cpu_us", "wall_us", "arena", "parks")
_FIELDS += ("parking_us", "client")


def as_json(record):
    """The record as one line of JSON, without the fields that are empty."""
    fields = {"seq": record.seq, "uptime": record.uptime, "level": record.level, "text": record.text}
    for name in _FIELDS:
        value = getattr(record, name)
        if value:
            fields[name] = value
    return json.dumps(fields)


def as_text(record):
    """The record as one line for people. Control characters, which could steer a terminal, are written as escapes."""
    line = "%s %-5s" % (_when(record), record.level)
    if record.function:
        line += " [%s]" % _printable(record.function)
    if record.method:
        line += " %s %s" % (record.method, _printable(record.path))
    if record.status:
        line += " %d" % record.status
    if record.text:
        line += " " + _printable(record.text)
    if record.status:
        line += " (%d B, %d us CPU, %d us" % (record.bytes, record.cpu_us, record.wall_us)
        line += ", %d B arena)" % record.arena if record.arena else ")"
    if record.client:
        line += " " + record.client
    return line + " #" + _printable(record.request) if record.request else line


def _when(record):
    if not record.time:
        return "+%d.%03d" % (record.uptime // 1000, record.uptime % 1000)
    year, month, day, hour, minute, second = time.gmtime(clock.from_unix(record.time // 1000))[:6]
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (year, month, day, hour, minute, second, record.time % 1000)


def _printable(text):
    # Most text needs no change, and looking is cheaper than building.
    for c in text:
        if c < " " or "\x7f" <= c < "\xa0":
            break
    else:
        return text
    return "".join([_escape(c) for c in text])


def _escape(c):
    if c == "\n":
        return " | "
    return "\\x%02x" % ord(c) if c < " " or "\x7f" <= c < "\xa0" else c


#: The device's log. Until the setting log_bytes is read, it is as small as any.
ring = Ring(1024, MAX_TEXT, _MAX_PATH)


def add(level, text, request="", function=""):
    """Keeps one record, of no request that is answered, and drops the oldest ones that no longer fit."""
    try:
        ring.add(clock.uptime_ms(), level, text if isinstance(text, str) else str(text), request, function)
    except Exception:
        ring.lost += 1


def since(seq, count=None):
    """The records from `seq` on, oldest first, at most `count` of them."""
    first = max(seq, ring.next_seq - ring.count)
    return [_whole(record, first + i) for i, record in enumerate(ring.records(first, count))]


def debug(text, **fields):
    """Keeps what only a developer wants to know. For `fields` see `add`, here and below."""
    add("debug", text, **fields)


def info(text, **fields):
    """Keeps what is as it should be."""
    add("info", text, **fields)


def warn(text, **fields):
    """Keeps what went wrong and was dealt with."""
    add("warn", text, **fields)


def error(text, **fields):
    """Keeps what somebody has to look at."""
    add("error", text, **fields)


def exception(error):
    """Keeps an exception and where it came from, as an error."""
    try:
        text = io.StringIO()
        sys.print_exception(error, text)
        add("error", text.getvalue().strip())
    except MemoryError:
        pass  # What is kept would most likely say just that.
