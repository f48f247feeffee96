"""What a client sends: the heads and bodies of its requests (RFC 9112), and what microdot's websockets read.

What waits for the socket is a generator with `yield queue_read(sock)`, as in MicroPython's own asyncio.stream.
"""

import errno
import sys
from asyncio import core

from edgelet.http.timeout import HEAD, IDLE
from httpparse import Chunked, Head, error
from micropython import const

try:
    from _epoll import read_once
except ImportError:
    read_once = None  # a board's lwIP is asked again for nothing

READ_SIZE = 4096 if sys.platform == "linux" else 1024  # bytes of a buffer, and of one read
_MIN_READ = const(512)  # bytes of a buffer that are worth a read
_FIRST_BODY = const(16384)  # bytes a mere announcement of a body can make us allocate


class Refused(Exception):
    """The connection cannot go on: the status code, and the line that tells why."""

    def __init__(self, status, text):
        self.status = status
        self.text = text


class Reader:
    """Reads from the socket `sock` of a connection, whose limits are the server's and whose time `timeout` counts.

    share: what the connection holds of the heap, `edgelet.http.memory.Share`.
    """

    def __init__(self, server, sock, timeout, share):
        self._server = server
        self._timeout = timeout
        self._share = share
        self.sock = sock
        self.head = Head(server.limits.url, server.limits.head, server.scheme == "https")
        # What has arrived and is not consumed is buffer[start:end]. A connection that stays idle holds no buffer, and
        # one whose response takes long a small one.
        self.buffer = None
        self.start = 0
        self.end = 0

    def release(self):
        """Gives the buffer back; what is in it is forgotten."""
        if self.buffer is not None:
            self.head.clear()
            self._server.put_buffer(self.buffer)
            self.buffer = None
        self.start = self.end = 0

    def is_full(self):
        """Whether there is no room for more before a request is taken out."""
        return self.end >= max(len(self.buffer), READ_SIZE)

    def shrink(self):
        """Holds no more than what has arrived, until more comes."""
        if self.buffer is not None and len(self.buffer) == READ_SIZE and self.end <= READ_SIZE // 2:
            self._move(bytearray(memoryview(self.buffer)[: self.end]))

    def _move(self, buffer):
        old = self.buffer
        if old is not None:
            self.head.move(old, buffer)
            self._server.put_buffer(old)
        self.buffer = buffer

    def _make_large(self):
        buffer = self._server.get_buffer()
        if self.end:
            buffer[: self.end] = memoryview(self.buffer)[: self.end]
        self._move(buffer)

    def receive(self):
        """Reads once what has arrived: its size, 0 at the end of the connection, None where there is nothing."""
        if self.buffer is None or len(self.buffer) < READ_SIZE:
            self._make_large()
        room = memoryview(self.buffer)[self.end :] if self.end else self.buffer
        size = read_once(self.sock, room) if read_once else self.sock.readinto(room)
        if size:
            self.end += size
        return size

    def make_room(self):
        """Room for the rest of a head, of which a part has arrived."""
        if self._timeout.phase == IDLE:
            self._timeout.enter(HEAD)
        size = self.end - self.start
        if self.start:
            self.buffer[:size] = self.buffer[self.start : self.end]
            self.start = 0
            self.end = size
        if size == len(self.buffer):
            # The parser refuses a head that reaches the limit, so there is something to double.
            self._share.hold(2 * size)
            bigger = bytearray(2 * size)
            bigger[:size] = self.buffer
            self.buffer = bigger

    def check_length(self, length):
        """Raises Refused where a body of this length, -1 where it is not known, is longer than the limit."""
        if length > self._server.limits.body:
            raise Refused(413, "request body is too large")

    def arrived_body(self):
        """The body that the head announces, where all of it has come with the head and is not too long; else None."""
        start, length = self.start, self.head.length
        if not 0 < length <= min(self.end - start, self._server.limits.body):
            return None
        self.start += length
        return bytes(memoryview(self.buffer)[start : self.start])

    def read_body(self):
        """The body that the head announces, of which something is still to come, as bytes or bytearray.

        The head stays where it is.
        """
        if self.head.length < 0:
            return self._read_chunked()
        return self._read_sized(self.head.length)

    def _read_sized(self, length):
        got = self.end - self.start
        arrived = memoryview(self.buffer)[self.start : self.end]
        self.start = self.end
        size = min(length, max(_FIRST_BODY, got))
        self._share.hold(size)
        body = bytearray(size)
        body[:got] = arrived
        try:
            while got < length:
                if got == len(body):
                    size = min(length, 4 * got)
                    self._share.hold(size)
                    bigger = bytearray(size)
                    bigger[:got] = body
                    body = bigger
                yield core._io_queue.queue_read(self.sock)
                size = self.sock.readinto(memoryview(body)[got:])
                if size == 0:
                    raise OSError(errno.ECONNRESET)
                got += size or 0
            return body
        finally:
            # asyncio's queue may refer to an ended task, and so to this frame, until another task has run.
            body = bigger = arrived = None

    def _read_chunked(self):
        decoder = Chunked()
        body = bytearray()
        self._keep_head()
        first = self.start
        try:
            while True:
                size = decoder.decode(self.buffer, self.start, self.end)
                if size < 0:
                    raise Refused(*error(size))
                self.check_length(len(body) + size)
                self._share.hold(len(body) + size)
                body.extend(memoryview(self.buffer)[self.start : self.start + size])
                self.start += decoder.used
                if decoder.done:
                    return body
                self.start = self.end = first
                yield core._io_queue.queue_read(self.sock)
                if self.receive() == 0:
                    raise OSError(errno.ECONNRESET)
        finally:
            body = None  # as in _read_sized

    def _keep_head(self):
        """Another buffer where the parsed head, which must stay, leaves no room worth a read."""
        if len(self.buffer) - self.start < _MIN_READ:
            rest = self.buffer[self.start : self.end]
            self.buffer = self._server.get_buffer()
            self.buffer[: len(rest)] = rest
            self.start = 0
            self.end = len(rest)

    async def read(self, size):
        """At least one and at most `size` bytes; b"" at the end of the connection."""
        if self.start == self.end:
            self.release()
            while True:
                await self._readable()
                if self.receive() is not None:
                    break
        data = bytes(memoryview(self.buffer)[self.start : min(self.end, self.start + size)])
        self.start += len(data)
        return data

    async def readexactly(self, size):
        """Just `size` bytes. EOFError at the end of the connection."""
        data = b""
        while len(data) < size:
            part = await self.read(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def _readable(self):
        yield core._io_queue.queue_read(self.sock)
