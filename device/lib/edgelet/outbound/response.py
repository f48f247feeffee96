"""Heads of responses (RFC 9112). Strict: what a client may repair or guess is an error, as in the server."""

_FIELDS = 256  # most header lines
_TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LENGTH_MAX = (1 << 30) - 1  # lengths stop counting here, as in the server


class Malformed(Exception):
    """It is no response; the text says why."""


class Head:
    """The head of a response.

    status, reason: the numbers and text of its first line. lines: its header lines as bytes, each with its CR LF.
    length: of the body, None where the head does not tell it. chunked: whether the body is. encoding: Content-Encoding,
    "" for none. persistent: whether another request may follow.
    """

    def __init__(self, data):
        """data: the head with its final empty line, bytes."""
        if b"\n" in data.replace(b"\r\n", b"") or b"\0" in data or b"\r" in data.replace(b"\r\n", b""):
            raise Malformed("a line of its head does not end with CR LF")
        first, _, self.lines = data[:-2].partition(b"\r\n")
        minor = self._read_first(first)
        self.length = None
        self.chunked = False
        self.encoding = ""
        self.persistent = minor > 0
        lines = self.lines.split(b"\r\n")
        if len(lines) > _FIELDS:
            raise Malformed("it has more than %d header lines" % _FIELDS)
        for line in lines[:-1]:
            self._read_field(line)
        if self.chunked and self.length is not None:
            raise Malformed("Content-Length and Transfer-Encoding exclude each other")

    def _read_first(self, line):
        version, _, rest = line.partition(b" ")
        status, _, reason = rest.partition(b" ")
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or not _is_number(status) or len(status) != 3:
            raise Malformed("it does not begin with HTTP/1.1 and a status")
        self.status = int(status)
        self.reason = "".join([chr(c) for c in reason if c == 9 or 32 <= c < 127])
        if not 100 <= self.status <= 599:
            raise Malformed("its status is %d" % self.status)
        return version[-1] - 48

    def _read_field(self, line):
        name, colon, value = line.partition(b":")
        if not colon or not name or not all(chr(c) in _TOKEN for c in name):
            raise Malformed("its head has a malformed line")
        name = name.lower()
        if name in (b"content-length", b"transfer-encoding", b"connection", b"content-encoding"):
            self._read_framing(name, value.strip(b" \t"))

    def _read_framing(self, name, value):
        if name == b"content-encoding":
            self.encoding += ("," if self.encoding else "") + "".join([chr(c) for c in value])
            return
        value = value.lower()
        if name == b"content-length":
            if self.length is not None or not _is_number(value):
                raise Malformed("malformed or repeated Content-Length")
            self.length = int(value) if len(value) < 10 else LENGTH_MAX
        elif name == b"transfer-encoding":
            if self.chunked or value != b"chunked":
                raise Malformed("unknown Transfer-Encoding")
            self.chunked = True
        else:
            options = [option.strip() for option in value.split(b",")]
            if b"close" in options:
                self.persistent = False
            elif b"keep-alive" in options:
                self.persistent = True


def _is_number(text):
    return len(text) > 0 and all(48 <= c <= 57 for c in text)


def without(lines, *names):
    """Header lines without those of these names, which are in lower case."""
    kept = [line for line in lines.split(b"\r\n")[:-1] if line.partition(b":")[0].lower() not in names]
    return b"".join([line + b"\r\n" for line in kept])
