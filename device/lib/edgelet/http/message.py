"""What HTTP responses are made of (RFC 9110): streams, dates; and header lines taken apart."""

import time

from edgelet import clock

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Cut(Exception):
    """A response cannot go on, of which a part is sent; why is in the log."""


class Stream:
    """A response body of which the parts come one by one.

    chunks: an async iterator of bytes or str. length: their bytes altogether, for Content-Length; None where it is not
    known, then the body is sent chunked. function: which produces the chunks as they are sent, within its own limits;
    then `chunks` have it as an attribute, and `close()`, which may be called at any time. None for what is there.
    """

    def __init__(self, chunks, length=None):
        self.chunks = chunks
        self.length = length
        self.function = getattr(chunks, "function", None)

    async def close(self):
        """Ends the iterator, whether it is exhausted or not."""
        if hasattr(self.chunks, "aclose"):
            await self.chunks.aclose()


def http_date(seconds):
    """An IMF-fixdate (RFC 9110 section 5.6.7) of a time as `time.time()` gives it, as str."""
    year, month, day, hour, minute, second, weekday = time.gmtime(int(seconds))[:7]
    month = _MONTHS[month - 1]
    return f"{_DAYS[weekday]}, {day:02d} {month} {year} {hour:02d}:{minute:02d}:{second:02d} GMT"


def date_line():
    """The Date header line of a response made now; b"" while the clock is not set (RFC 9110 section 6.6.1)."""
    return f"date: {http_date(time.time())}\r\n".encode() if clock.is_set() else b""


def split_fields(lines):
    """Yields (name, value), both str, of well-formed header lines."""
    for line in bytes(lines).split(b"\r\n"):
        if line:
            name, value = line.split(b":", 1)
            yield name.decode(), _text(value.strip(b" \t"))


def forwarded_for(lines, proxies):
    """The last address in X-Forwarded-For that is not a trusted proxy's; "" where there is none."""
    addresses = []
    for name, value in split_fields(lines):
        if name.lower() == "x-forwarded-for":
            addresses.extend(value.split(","))
    for address in reversed(addresses):
        address = address.strip()
        if address and address not in proxies:
            return address
    return ""


def join_fields(fields):
    """Header lines, as bytes, of (name, value) pairs; a value may be a list of values."""
    lines = []
    for name, value in fields:
        for one in value if isinstance(value, list) else (value,):
            lines.append(f"{name}: {one}\r\n")
    return "".join(lines).encode()


def _text(raw):
    try:
        return raw.decode()
    except UnicodeError:
        # RFC 9110 section 5.5: obs-text, which was ISO 8859-1.
        return "".join(chr(byte) for byte in raw)
