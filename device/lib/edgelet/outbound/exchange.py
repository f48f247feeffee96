"""One request over a connection, and its response (RFC 9112)."""

import io
import sys

from edgelet import event_loop
from edgelet.outbound.connection import Failed, reason
from edgelet.outbound.response import Head, without
from httpparse import Chunked, error, own_fields

_LINUX = sys.platform == "linux"
HEAD_BYTES = 32768 if _LINUX else 4096  # of a response
_INTERIM = 8  # responses before the final one
_INFLATED = 4096  # bytes of a step
_CODINGS = ("gzip", "x-gzip", "deflate")


class Request:
    """A request. lines: header lines as bytes, each with its CR LF. body: bytes, or None for none."""

    def __init__(self, method, secure, host, port, target, lines, body):
        self.method = method
        self.secure = secure
        self.host = host  # as in the URL: IPv6 in brackets
        self.port = port
        default_port = 443 if secure else 80
        self.shown = host if port == default_port else "%s:%d" % (host, port)
        self._target = target
        self._lines = lines
        self.body = body

    def head(self):
        """The head as it goes on the wire."""
        lines = own_fields(self._lines)
        parts = ["%s %s HTTP/1.1\r\nhost: %s\r\n" % (self.method, self._target, self.shown)]
        # A board has no room for the window of a compressed body.
        if _LINUX and b"accept-encoding:" not in lines:
            parts.append("accept-encoding: gzip, deflate\r\n")
        if self.body is not None or self.method in ("POST", "PUT", "PATCH"):
            parts.append("content-length: %d\r\n" % len(self.body or b""))
        return "".join(parts).encode() + lines + b"\r\n"


class Stale(Exception):
    """A connection that was idle has ended before there was a response; the text says how."""


class Exchange:
    """A request over a `Connection`, whose response has at most `most` bytes of body.

    room: `hold(size)` raises Failed where there is no memory for a body of that size.
    persistent: whether another request may follow, when this one is over.
    """

    def __init__(self, connection, request, most, room):
        self.persistent = False
        self._connection = connection
        self._request = request
        self._most = most
        self._room = room

    async def run(self):
        """[status, reason, header lines, body]; the body is None where there is none.

        OSError, EOFError, ValueError, Failed, Malformed or Stale where something is wrong.
        """
        head = await self._ask()
        if self._request.method == "HEAD" or head.status in (204, 304):
            self.persistent = head.persistent
            return [head.status, head.reason, head.lines, None]
        body = await self._read_body(head)
        # Nothing may follow that nobody has asked for.
        self.persistent = self._whole and head.persistent and self._connection.start == self._connection.end
        lines = head.lines
        if _LINUX and body and head.encoding in _CODINGS:
            body = await event_loop.in_slices(self._inflate(body, head.encoding))
            lines = without(lines, b"content-encoding", b"content-length")
        return [head.status, head.reason, lines, bytes(body)]

    async def _ask(self):
        """The head of the final response."""
        connection, request = self._connection, self._request
        try:
            try:
                await connection.write(request.head())
                if request.body:
                    await connection.write(request.body)
            except OSError:
                pass  # who refuses a request may say so and hear no more of it
            head = await self._read_head()
        except OSError as e:
            if connection.used:
                raise Stale(reason(e)) from None
            raise
        interim = 0
        while head.status < 200:
            interim += 1
            if head.status == 101 or interim > _INTERIM:
                raise Failed("it answers with status %d" % head.status)
            head = await self._read_head()
        return head

    async def _read_head(self):
        connection = self._connection
        while True:
            arrived = bytes(memoryview(connection.buffer)[connection.start : connection.end])
            size = arrived.find(b"\r\n\r\n") + 4
            if size > HEAD_BYTES or (size < 4 and len(arrived) >= HEAD_BYTES):
                raise Failed("the head of the response has more than %d bytes" % HEAD_BYTES)
            if size >= 4:
                connection.start += size
                return Head(arrived[:size])
            if not await connection.fill():
                if arrived:
                    raise EOFError
                raise OSError(104)  # ECONNRESET

    async def _read_body(self, head):
        self._whole = True
        if head.chunked:
            return await self._read_chunked()
        if head.length is None:
            self._whole = False
        elif head.length > self._most:
            self._refuse()
        return await self._read_plain(head.length)

    async def _read_plain(self, length):
        """A body of that length, or of what comes until the end of the connection."""
        connection = self._connection
        body = bytearray()
        while length is None or len(body) < length:
            if connection.start == connection.end and not await connection.fill():
                if length is not None:
                    raise EOFError
                break
            size = connection.end - connection.start
            if length is not None:
                size = min(size, length - len(body))
            self._take(body, size)
            connection.start += size
        return body

    async def _read_chunked(self):
        connection = self._connection
        decoder = Chunked()
        body = bytearray()
        while True:
            size = decoder.decode(connection.buffer, connection.start, connection.end)
            if size < 0:
                raise Failed(error(size)[1])
            self._take(body, size)
            connection.start += decoder.used
            if decoder.done:
                return body
            if not await connection.fill():
                raise EOFError

    def _take(self, body, size):
        """Adds what stands at the start of the connection's buffer to a body."""
        if len(body) + size > self._most:
            self._refuse()
        self._room.hold(len(body) + size)
        connection = self._connection
        body.extend(memoryview(connection.buffer)[connection.start : connection.start + size])

    def _refuse(self):
        raise Failed("the response has more than %d bytes (fetch_bytes)" % self._most)

    def _inflate(self, body, encoding):
        """The steps of decoding a body; what comes of it."""
        import deflate

        # What is called deflate is either zlib's format, as RFC 9110 says, or without its head.
        kind = deflate.GZIP
        if encoding == "deflate":
            is_zlib = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
            kind = deflate.ZLIB if is_zlib else deflate.RAW
        stream = deflate.DeflateIO(io.BytesIO(body), kind, 15)
        out = bytearray()
        step = bytearray(_INFLATED)
        while True:
            try:
                size = stream.readinto(step)
            except (OSError, EOFError):
                raise Failed("the response is not %s, as it says" % encoding) from None
            if not size:
                return out
            if len(out) + size > self._most:
                self._refuse()
            self._room.hold(len(body) + len(out) + size)
            out.extend(memoryview(step)[:size])
            yield
