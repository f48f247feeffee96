"""The limits of the HTTP server: one table, with the status code that answers what exceeds each of them."""

import sys

_LINUX = sys.platform == "linux"

#: (name, default on Linux, default on boards, least, most, status code or None, meaning). Sizes are bytes, times are
#: milliseconds and are checked every `server.TICK_MS`. 8000 is what RFC 9110 section 4.1 recommends for URLs; the
#: head of a board holds an 8 KB Authorization header and 2 KB of others.
TABLE = (
    ("url", 8000, 2048, 64, 65536, 414, "request target"),
    ("head", 16384, 10240, 256, 262144, 431, "request line and header lines"),
    ("body", 1048576, 16384, 0, 2**30 - 2, 413, "request body"),
    ("connections", 256, 8, 1, 4096, 503, "open connections"),
    ("idle_ms", 60000, 15000, 100, 3600000, 408, "until the first byte of a request"),
    ("head_ms", 10000, 10000, 100, 3600000, 408, "from there to the end of its head"),
    ("body_ms", 30000, 30000, 100, 3600000, 408, "from there to the end of its body"),
    ("wall_ms", 30000, 30000, 100, 3600000, None, "for a streamed response of unknown length, which is cut off"),
    ("send_ms", 15000, 15000, 100, 3600000, None, "without the client taking more of a response"),
)


class Limits:
    """The limits of one server: an attribute for each name of `TABLE`.

    Keyword arguments replace defaults. Raises ValueError for an unknown name or a value out of its range.
    """

    def __init__(self, **values):
        for name, linux, board, least, most, _status, _meaning in TABLE:
            value = values.pop(name, linux if _LINUX else board)
            if type(value) is not int or not least <= value <= most:
                raise ValueError(f"limit {name} must be a whole number from {least} to {most}")
            setattr(self, name, value)
        for name in values:
            raise ValueError(f"unknown limit {name}: use {', '.join(row[0] for row in TABLE)}")
        if self.url >= self.head:
            raise ValueError("limit url must be less than limit head")
