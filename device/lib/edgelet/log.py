"""Structured log: a ring in RAM, bounded in bytes, that the console and the command line follow by sequence number.

Nothing in here raises or waits: a line that cannot be kept is counted in `lost`. Who follows the log and falls behind
sees the gap in the sequence numbers.
"""

import io
import json
import sys
import time
from collections import deque, namedtuple

from edgelet import clock

LEVELS = ("debug", "info", "warn", "error")

MAX_TEXT = 2048  # bytes of one record's text; a JavaScript stack fits

#: time: milliseconds since 1970 (0 while the clock is not set), uptime: milliseconds since the start of the device,
#: status: HTTP status, cpu_us: CPU microseconds, wall_ms: milliseconds, arena: bytes of the arena in use at most.
Record = namedtuple(
    "Record",
    "seq time uptime level text request function status cpu_us wall_ms arena",
)

_REQUEST_FIELDS = 8  # of the record of an answered request, which is a tuple of integers and a shared name

# What objects take of MicroPython's heap, which gives blocks of four words (py/mpconfig.h, MICROPY_BYTES_PER_GC_BLOCK):
# a tuple has two words beside its items (py/objtuple.h), a string is one block and its characters with a NUL.
_WORD = 8 if sys.maxsize > 1 << 32 else 4
_BLOCK = 4 * _WORD


def _blocks(size):
    return (size + _BLOCK - 1) // _BLOCK * _BLOCK


def _text_bytes(text):
    return _BLOCK + _blocks(len(text.encode()) + 1) if text else 0


_REQUEST_BYTES = _blocks((2 + _REQUEST_FIELDS) * _WORD)
_RECORD_BYTES = _blocks((2 + 11) * _WORD)
# An integer with more bits, as times have on boards, is an object with its digits behind.
_SMALL_BITS = 8 * _WORD - 2
_TIME_BYTES = 2 * _BLOCK


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

    def add(self, level, text, request="", function="", status=0, cpu_us=0, wall_ms=0, arena=0):
        """Keeps one record and drops the oldest ones that no longer fit."""
        try:
            text = self._cut(text if isinstance(text, str) else str(text))
            now = clock.unix_ms() if clock.is_set() else 0
            uptime = clock.uptime_ms()
            record = Record(self.next_seq, now, uptime, level, text, request, function, status, cpu_us, wall_ms, arena)
            self._make_room(_cost(record))
            self._records.append(record)
            self.next_seq += 1
        except Exception:
            self.lost += 1
        if self.notify:
            self.notify()

    def request(self, number, function, status, cpu_us, wall_ms, arena):
        """Keeps the record of request `number`, which was answered: the shortest way, since every request takes it."""
        try:
            records = self._records
            uptime = clock.uptime_ms()
            self.size += _REQUEST_BYTES + (uptime >> _SMALL_BITS and _TIME_BYTES)
            while self.size > self.limit and records:
                self.size -= _cost(records.popleft())
            records.append((self.next_seq, uptime, number, function, status, cpu_us, wall_ms, arena))
            self.next_seq += 1
        except Exception:
            self.lost += 1
        if self.notify:
            self.notify()

    def _whole(self, record):
        if len(record) != _REQUEST_FIELDS:
            return record
        seq, uptime, number, function, status, cpu_us, wall_ms, arena = record
        now = clock.unix_ms() - (clock.uptime_ms() - uptime) if clock.is_set() else 0
        name = request_name(number)
        return Record(seq, now, uptime, "info", "", name, function, status, cpu_us, wall_ms, arena)

    def since(self, seq, count=None):
        """The records from `seq` on, oldest first, at most `count` of them."""
        records = self._records
        if not records:
            return []
        first = max(seq - records[0][0], 0)
        last = len(records) if count is None else min(first + count, len(records))
        return [self._whole(records[i]) for i in range(first, last)]

    def resize(self, limit):
        """Sets another limit."""
        most = limit // (_REQUEST_BYTES + _WORD)  # records of the smallest kind, and where the deque keeps each
        records, self._records = self._records, deque((), most)
        self.limit, self.size = most * _REQUEST_BYTES, 0
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


def _cost(record):
    if len(record) == _REQUEST_FIELDS:
        return _REQUEST_BYTES + (record[1] >> _SMALL_BITS and _TIME_BYTES)
    times = (record.time >> _SMALL_BITS and _TIME_BYTES) + (record.uptime >> _SMALL_BITS and _TIME_BYTES)
    return _RECORD_BYTES + times + _text_bytes(record.text) + _text_bytes(record.request)


def as_json(record):
    """The record as one line of JSON, without the fields that are empty."""
    fields = {"seq": record.seq, "uptime": record.uptime, "level": record.level, "text": record.text}
    for name in ("time", "request", "function", "status", "cpu_us", "wall_ms", "arena"):
        value = getattr(record, name)
        if value:
            fields[name] = value
    return json.dumps(fields)


def as_text(record):
    """The record as one line for people. Control characters, which could steer a terminal, are written as escapes."""
    line = "%s %-5s" % (_when(record), record.level)
    if record.function:
        line += " [%s]" % _printable(record.function)
    if record.status:
        line += " %d" % record.status
    if record.text:
        line += " " + _printable(record.text)
    if record.cpu_us or record.wall_ms:
        line += " (%d us CPU, %d ms" % (record.cpu_us, record.wall_ms)
        line += ", %d B arena)" % record.arena if record.arena else ")"
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


#: The device's log.
ring = Ring(256 * 1024 if sys.platform == "linux" else 6 * 1024)

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
