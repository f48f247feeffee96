"""Structured log: a ring in RAM, bounded in bytes, that the console and the command line follow by sequence number.

Nothing in here raises or waits: a line that cannot be kept is counted in `lost`. Who follows the log and falls behind
sees the gap in the sequence numbers.
"""

import io
import json
import struct
import sys
import time
from collections import deque, namedtuple

from edgelet import clock
from edgelet.names import LOG_LEVELS

MAX_TEXT = 2048  # bytes of one record's text; a JavaScript stack fits
_MAX_PATH = 256 if sys.platform == "linux" else 48  # characters of a path that are kept

#: time: milliseconds since 1970 (0 while the clock is not set), uptime: milliseconds since the start of the device.
#: Of a request: status of HTTP, cpu_us: CPU time, wall_us: time since it arrived, arena: bytes of the arena in use at
#: most, bytes: of the response's body, parks: how often it left the arena while it waited, parking_us: what that and
#: coming back took, method, path: without its query, client: its IP address.
Record = namedtuple(
    "Record",
    "seq time uptime level text request function status cpu_us wall_us arena bytes parks parking_us method path client",
)

# A record as it is kept: uptime, level, status, cpu_us, wall_us, arena, bytes, parks, parking_us; then function,
# request, method, path, client and text with a NUL between two of them. In a single object, as a board's heap has room
# for little.
_NUMBERS = "<QBHIIIIHI"
_NUMBERS_BYTES = struct.calcsize(_NUMBERS)
_MOST = 0xFFFFFFFF  # of what is kept in four bytes
_NEVER_PARKED = 0, 0
_NO_REQUEST = b"\0\0\0\0\0"

# What objects take of MicroPython's heap, which gives blocks of four words (py/mpconfig.h, MICROPY_BYTES_PER_GC_BLOCK):
# bytes are one block and their content with a NUL (py/objstr.h).
_WORD = 8 if sys.maxsize > 1 << 32 else 4
_BLOCK = 4 * _WORD


def _cost(record):
    return _BLOCK + (len(record) + _BLOCK) // _BLOCK * _BLOCK


_LEAST_BYTES = _cost(bytes(_NUMBERS_BYTES + len(_NO_REQUEST)))


def request_name(number):
    """The id of a request, as responses and records have it."""
    return "%06x" % number


class Ring:
    """The newest records, which take at most `limit` bytes of the heap (at least 1 KiB).

    A text is cut to MAX_TEXT bytes, and to half of the limit.
    """

    def __init__(self, limit):
        self.next_seq = 1
        self.lost = 0  # records that could not be made for want of memory
        self.notify = None  # called without arguments after each record; it must not raise or wait
        self._records = ()
        self.resize(limit)

    def add(self, level, text, request="", function=""):
        """Keeps one record and drops the oldest ones that no longer fit."""
        try:
            parts = (function, request, "", "", "", self._cut(text if isinstance(text, str) else str(text)))
            self._keep(level, 0, 0, 0, 0, 0, None, parts)
        except Exception:
            self.lost += 1
        if self.notify:
            self.notify()

    def request(
        self,
        level,
        request,
        function,
        status,
        cpu_us,
        wall_us,
        arena,
        size,
        method,
        target,
        client,
        text="",
        parking=None,
    ):
        """Keeps the record of a request, answered or refused.

        target: path and query; size: bytes of the response; parking: as quickjs.Call.parking.
        """
        try:
            path = target
            if "?" in path or len(path) > _MAX_PATH:
                path = path.partition("?")[0][:_MAX_PATH]
            parts = (function, request, method, path, client, self._cut(text) if text else "")
            self._keep(level, status, cpu_us, wall_us, arena, size, parking, parts)
        except Exception:
            self.lost += 1
        if self.notify:
            self.notify()

    def _keep(self, level, status, cpu_us, wall_us, arena, size, parking, parts):
        parks, parking_us = parking or _NEVER_PARKED
        numbers = struct.pack(
            _NUMBERS,
            clock.uptime_ms(),
            LOG_LEVELS.index(level),
            status,
            min(cpu_us, _MOST),
            min(max(wall_us, 0), _MOST),
            min(arena, _MOST),
            min(size, _MOST),
            parks,
            parking_us,
        )
        record = numbers + "\0".join(parts).encode()
        self._make_room(_cost(record))
        self._records.append(record)
        self.next_seq += 1

    def since(self, seq, count=None):
        """The records from `seq` on, oldest first, at most `count` of them."""
        records = self._records
        if not records:
            return []
        oldest = self.next_seq - len(records)
        first = max(seq - oldest, 0)
        last = len(records) if count is None else min(first + count, len(records))
        return [_whole(records[i], oldest + i) for i in range(first, last)]

    def resize(self, limit):
        """Sets another limit."""
        # Records of the smallest kind, and where the deque keeps each and has one place more, in whole blocks.
        most = (limit - _BLOCK) // (_LEAST_BYTES + _WORD)
        records, self._records = self._records, deque((), most)
        deque_bytes = ((most + 1) * _WORD + _BLOCK - 1) // _BLOCK * _BLOCK
        self.limit, self.size = min(limit - deque_bytes, (most + 1) * _LEAST_BYTES - 1), 0
        self._longest = min(MAX_TEXT, limit // 2)
        for record in records:
            self._make_room(_cost(record))
            self._records.append(record)

    def _cut(self, text):
        data = text[: self._longest + 1].encode()
        if len(data) <= self._longest:
            return text
        end = self._longest - 3
        while data[end] & 0xC0 == 0x80:  # in UTF-8 such a byte goes on with a character
            end -= 1
        return data[:end].decode() + "..."

    def _make_room(self, size):
        records = self._records
        self.size += size
        while records and self.size > self.limit:
            self.size -= _cost(records.popleft())


def _whole(record, seq):
    uptime, level, status, cpu_us, wall_us, arena, size, parks, parking_us = struct.unpack_from(_NUMBERS, record)
    texts = record[_NUMBERS_BYTES:].decode().split("\0", 5)
    function, request, method, path, client, text = texts
    now = clock.unix_ms() - (clock.uptime_ms() - uptime) if clock.is_set() else 0
    return Record(
        seq,
        now,
        uptime,
        LOG_LEVELS[level],
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
ring = Ring(4096)

add = ring.add
since = ring.since


def debug(text, **fields):
    """Keeps what only a developer wants to know. For `fields` see `Ring.add`, here and below."""
    ring.add("debug", text, **fields)


def info(text, **fields):
    """Keeps what is as it should be."""
    ring.add("info", text, **fields)


def warn(text, **fields):
    """Keeps what went wrong and was dealt with."""
    ring.add("warn", text, **fields)


def error(text, **fields):
    """Keeps what somebody has to look at."""
    ring.add("error", text, **fields)


def exception(error):
    """Keeps an exception and where it came from, as an error."""
    try:
        text = io.StringIO()
        sys.print_exception(error, text)
        ring.add("error", text.getvalue().strip())
    except MemoryError:
        pass  # What is kept would most likely say just that.
