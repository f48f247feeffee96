"""What HTTP responses are made of (RFC 9110, RFC 9112): status lines, dates, heads; and header lines taken apart."""

import time

from edgelet import clock
from httpparse import own_fields

# RFC 9110 section 15, RFC 6585. A reason phrase is optional; other codes go without. A dictionary
# would be in RAM.
_REASONS = (
    (200, "OK"),
    (201, "Created"),
    (202, "Accepted"),
    (204, "No Content"),
    (206, "Partial Content"),
    (301, "Moved Permanently"),
    (302, "Found"),
    (303, "See Other"),
    (304, "Not Modified"),
    (307, "Temporary Redirect"),
    (308, "Permanent Redirect"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (408, "Request Timeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (412, "Precondition Failed"),
    (413, "Content Too Large"),
    (414, "URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Range Not Satisfiable"),
    (417, "Expectation Failed"),
    (421, "Misdirected Request"),
    (422, "Unprocessable Content"),
    (429, "Too Many Requests"),
    (431, "Request Header Fields Too Large"),
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
    (505, "HTTP Version Not Supported"),
)

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


def _status_line(status):
    # An informational response is never the last one (RFC 9110 section 15.2).
    if type(status) is not int or not 200 <= status <= 999:
        raise ValueError("the status of a response must be a whole number from 200 to 999")
    return f"HTTP/1.1 {status} {_reason(status)}\r\n".encode()


def _reason(status):
    for code, text in _REASONS:
        if code == status:
            return text
    return ""


# The common ones, ready-made; all of them would take 2 KB more of a board's heap.
_status_lines = {status: _status_line(status) for status in (200, 204, 302, 304, 400, 401, 404)}


def http_date(seconds):
    """An IMF-fixdate (RFC 9110 section 5.6.7) of a time as `time.time()` gives it, as str."""
    year, month, day, hour, minute, second, weekday = time.gmtime(int(seconds))[:7]
    month = _MONTHS[month - 1]
    return f"{_DAYS[weekday]}, {day:02d} {month} {year} {hour:02d}:{minute:02d}:{second:02d} GMT"


def date_line():
    """The Date header line of a response made now; b"" while the clock is not set (RFC 9110 section 6.6.1)."""
    return f"date: {http_date(time.time())}\r\n".encode() if clock.is_set() else b""


def format_head(status, headers, length, lines):
    """Status line and header lines of a response, as bytes.

    headers: the handler's lines, from which those that are the connection's to set are left out. length: the value of
    Content-Length or None. lines: what the connection sets. ValueError where status or headers are malformed.
    """
    headers = own_fields(headers)
    framing = b"" if length is None else b"content-length: %d\r\n" % length
    return b"".join((_status_lines.get(status) or _status_line(status), headers, framing, lines, b"\r\n"))


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
