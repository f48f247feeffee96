"""One request over a connection, and its response (RFC 9112)."""

import asyncio
import errno
import io
import sys

from edgelet.outbound.connection import Failed, reason
from edgelet.outbound.response import Head, without
from httpparse import Chunked, error, own_fields
from micropython import const

_LINUX = sys.platform == "linux"
HEAD_BYTES = 32768 if _LINUX else 4096  # of a response
_INTERIM = const(8)  # responses before the final one
_INFLATED = const(8192)  # bytes of a part that is decoded: some 0.5 ms
_CODINGS = ("gzip", "x-gzip", "deflate")
# A board has no room for the window of a compressed body.
_TAKEN = (b"gzip", b"x-gzip", b"deflate", b"identity") if _LINUX else ()


class Request:
    """A request. lines: header lines as bytes, each with its CR LF.

    body: bytes, None for none, or an `edgelet.outbound.upload.Upload`, which is `upload`, too, else None.

    response: what is to be closed of it, None where there is nothing.
    """

    def __init__(self, method, secure, host, port, target, lines, body):
        self.method = method
        self.secure = secure
        self.host = host  # as in the URL: IPv6 in brackets
        self.port = port
        default_port = 443 if secure else 80
        self.shown = host if port == default_port else "%s:%d" % (host, port)
        self._target = target
        self._lines = lines
        self.upload = body if hasattr(body, "send") else None
        self.body = body
        self.response = None

    def head(self):
        """The head as it goes on the wire."""
        lines = own_fields(self._lines)
        if b"accept-encoding:" in lines:
            lines = _with_known_codings(lines)
        parts = ["%s %s HTTP/1.1\r\nhost: %s\r\n" % (self.method, self._target, self.shown)]
        if self.upload and self.upload.length is None:
            parts.append("transfer-encoding: chunked\r\n")
        elif self.upload:
            parts.append("content-length: %d\r\n" % self.upload.length)
        elif self.body is not None or self.method in ("POST", "PUT", "PATCH"):
            parts.append("content-length: %d\r\n" % len(self.body or b""))
        return "".join(parts).encode() + lines + b"\r\n"


def _with_known_codings(lines):
    """Header lines with those codings of Accept-Encoding only that are decoded here.

    A handler that passes on what a browser takes would read bytes of brotli for text.
    """
    kept = []
    for line in lines.split(b"\r\n")[:-1]:
        if line.startswith(b"accept-encoding:"):
            asked = line[16:].replace(b"*", b"gzip").split(b",")
            known = [one for one in asked if one.split(b";")[0].strip().lower() in _TAKEN]
            if not known:
                continue
            line = b"accept-encoding:" + b",".join(known)
        kept.append(line + b"\r\n")
    return b"".join(kept)


class Stale(Exception):
    """A connection that was idle has ended before there was a response; the text says how."""


class Exchange:
    """A request over a `Connection`, and its response.

    most: bytes of its body, as it is read. room: `hold(size)` raises Failed where there is no memory for so many.
    head: the `response.Head`, once there is one. length: of the body as it is sent, None where that is not known.
    persistent: whether another request may follow; not before the body has been read to its end.
    """

    def __init__(self, connection, request, most, room):
        self.head = None
        self.length = 0
        self.persistent = False
        self._connection = connection
        self._request = request
        self._most = most
        self._room = room
        self._left = 0  # of a body whose length is known
        self._read = 0
        self._chunked = None  # a decoder
        self._unpacks = True
        self._inflating = None  # the steps of decoding an encoded body
        self._ended = False
        self._sending = None  # the task that sends an Upload
        self._failure = None  # what has ended the connection, where that was not the other side

    async def begin(self):
        """Sends the request and reads the head of its response.

        OSError, EOFError, ValueError, Failed, Malformed or Stale where something is wrong; `read`, too.
        """
        self.head = head = await self._ask()
        if head.status >= 300:
            self.stop_sending()
        if self._request.method == "HEAD" or head.status in (204, 304):
            self._end(True)
        elif head.chunked:
            self._chunked = Chunked()
            self.length = None
        else:
            self._left = self.length = head.length
            if head.length is not None and head.length > self._most:
                self._refuse()

    def stop_sending(self):
        """The other side has answered, or nobody wants its answer: what is left of the request's body is not sent."""
        if self._sending:
            self._sending.cancel()
            self._sending = None
            self._request.upload.close("the other server does not take the rest of the request's body")

    async def _send(self):
        try:
            await self._request.upload.send(self._connection)
        except OSError as e:
            self._request.upload.close(reason(e))  # it may have said before why it hears no more
        except (ValueError, MemoryError) as e:
            self._failure = e
            self._connection.close()

    async def _fill(self):
        """Reads what arrives, as `Connection.fill`."""
        try:
            return await self._connection.fill()
        except OSError:
            if self._failure:
                raise self._failure from None
            raise

    @property
    def has_body(self):
        """Whether there is one, be it empty."""
        return self._request.method != "HEAD" and self.head.status not in (204, 304)

    @property
    def lines(self):
        """The header lines of the response, as the body that is read has them; gzip's stay, as in Workers."""
        if self._is_encoded() and not self.unpacks_gzip:
            return without(self.head.lines, b"content-encoding", b"content-length")
        return self.head.lines

    @property
    def unpacks_gzip(self):
        """Whether the body that is read is not in the gzip that its header says."""
        return self._is_encoded() and self.head.encoding == "gzip"

    def _is_encoded(self):
        return self._unpacks and self.has_body and _LINUX and self.head.encoding.lower() in _CODINGS

    @property
    def length_read(self):
        """Bytes of the body that `read` gives; None where that is not known."""
        return None if self._is_encoded() else self.length

    def keep_encoded(self):
        """Has `read` give a body in gzip as it is sent. Nothing is read of it."""
        if self.unpacks_gzip:
            self._unpacks = False

    async def read(self):
        """The next bytes of the body; None at its end."""
        if self._is_encoded():
            if self._inflating is None:
                self._inflating = self._inflate(await self._gather())
            return next(self._inflating, None)
        part = await self._receive()
        if part is not None:
            self._count(len(part))
        return part

    async def read_all(self):
        """The whole body."""
        body = bytearray()
        while True:
            part = await self.read()
            if part is None:
                return bytes(body)
            self._room.hold(len(body) + len(part))
            body.extend(part)

    async def _ask(self):
        """The head of the final response."""
        connection, request = self._connection, self._request
        try:
            try:
                await connection.write(request.head())
                if request.upload:
                    self._sending = asyncio.create_task(self._send())
                elif request.body:
                    await connection.write(request.body)
            except OSError:
                if not connection.is_established:
                    raise
                # Who refuses a request may say so and hear no more of it.
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
            if not await self._fill():
                if arrived:
                    raise EOFError
                raise OSError(errno.ECONNRESET)

    async def _receive(self):
        """The next bytes of the body as it is sent, without its framing; None at its end."""
        if self._ended:
            return None
        if self._chunked:
            return await self._receive_chunked()
        connection = self._connection
        if self._left == 0:
            self._end(True)
            return None
        if connection.start == connection.end and not await self._fill():
            if self._left is not None:
                raise EOFError
            self._end(False)
            return None
        size = connection.end - connection.start
        if self._left is not None:
            size = min(size, self._left)
            self._left -= size
        return self._taken(size, size)

    async def _receive_chunked(self):
        connection, decoder = self._connection, self._chunked
        while True:
            size = decoder.decode(connection.buffer, connection.start, connection.end)
            if size < 0:
                raise Failed(error(size)[1])
            part = self._taken(size, decoder.used)
            if decoder.done:
                self._end(True)
            if part or self._ended:
                return part or None
            if not await self._fill():
                raise EOFError

    def _taken(self, size, used):
        """The bytes at the start of the connection's buffer, of which `used` go."""
        connection = self._connection
        part = bytes(memoryview(connection.buffer)[connection.start : connection.start + size])
        connection.start += used
        return part

    def _end(self, whole):
        """The body has ended; `whole` says whether the connection has not."""
        self._ended = True
        upload, connection = self._request.upload, self._connection
        # Nothing may follow that nobody has asked for, or that is still of this request.
        is_clear = connection.start == connection.end and (upload is None or upload.is_whole)
        self.persistent = whole and self.head.persistent and is_clear

    def _count(self, size):
        self._read += size
        if self._read > self._most:
            self._refuse()

    def _refuse(self):
        raise Failed("the response has more than %d bytes (fetch_bytes)" % self._most)

    async def _gather(self):
        """An encoded body: MicroPython's decoder wants all of it."""
        body = bytearray()
        while True:
            part = await self._receive()
            if part is None:
                return body
            if len(body) + len(part) > self._most:
                self._refuse()
            self._room.hold(len(body) + len(part))
            body.extend(part)

    def _inflate(self, body):
        """Yields the parts of a body that is decoded."""
        import deflate

        # What is called deflate is either zlib's format, as RFC 9110 says, or without its head.
        kind = deflate.GZIP
        if self.head.encoding.lower() == "deflate":
            is_zlib = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
            kind = deflate.ZLIB if is_zlib else deflate.RAW
        if not body:
            return
        stream = deflate.DeflateIO(io.BytesIO(body), kind, 15)
        while True:
            try:
                part = stream.read(_INFLATED)
            except (OSError, EOFError):
                raise Failed("the response is not %s, as it says" % self.head.encoding) from None
            if not part:
                return
            self._count(len(part))
            yield part
