"""One client's connection: HTTP/1.1 with keep-alive and pipelining (RFC 9112).

What waits for the socket is a generator with `yield queue_read(sock)`, as in MicroPython's own asyncio.stream: it
allocates next to nothing, and a request that can be answered at once costs no switch of tasks.
"""

import asyncio
import errno
import io
import socket
import sys
import time
from asyncio import core

from edgelet import log
from edgelet.http.message import Stream, format_head
from httpparse import Chunked, Head, error
from micropython import const

# What a connection is doing, which decides about its time limit.
IDLE = const(0)  # nothing of the next request has come
HEAD = const(1)  # a part of its head has
BODY = const(2)  # its head has, its body has not
CALL = const(3)  # a function waits for something; it knows its own limit
ROUTE = const(4)  # a microdot handler runs
SEND = const(5)  # the client is slow to take a response
STREAM = const(6)  # a streamed response of unknown length runs
LINGER = const(7)  # all is said; what the client still sends is dropped

# The name in `limits.TABLE` of each phase's limit.
_LIMITS = ("idle_ms", "head_ms", "body_ms", None, None, "send_ms", "wall_ms", None)
_LINGER_MS = const(1000)

READ_SIZE = 4096 if sys.platform == "linux" else 1024  # bytes of a buffer, and of one read
_MIN_READ = const(512)  # bytes of a buffer that are worth a read
_FIRST_BODY = const(16384)  # bytes a mere announcement of a body can make us allocate
# Bytes of a body that are copied, to go out in one write with the head. A board has no room to hold a large one twice.
_ONE_WRITE = 1 << 30 if sys.platform == "linux" else 16384

# How a client's end of the connection shows: it closed, reset it, or has not been heard of for long.
_EPIPE = const(32)  # of Linux; MicroPython's errno does not have it
_CLIENT_GONE = (_EPIPE, errno.ECONNRESET, errno.ECONNABORTED, errno.ENOTCONN, errno.ETIMEDOUT)

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_TCP_NODELAY = (6, 1, 1)

# Ready-made: there is no memory to make a response with.
_NO_MEMORY = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain;charset=UTF-8\r\ncontent-length: 52\r\n"
    b"retry-after: 1\r\nconnection: close\r\n\r\nnot enough memory for this request: try again later\n"
)


class Refused(Exception):
    """The connection cannot go on: the status code, and the line that tells why."""

    def __init__(self, status, text):
        self.status = status
        self.text = text


def log_exception(error):
    """Writes an exception and where it came from to the log."""
    try:
        text = io.StringIO()
        sys.print_exception(error, text)
        log.error(text.getvalue().strip())
    except MemoryError:
        pass  # What is logged most likely says just that.


def _peer_address(address):
    """(IP address, port) of what `accept()` gave: boards give just that, Linux a packed sockaddr."""
    if isinstance(address, tuple):
        return address[0], address[1]
    family, packed, port = socket.sockaddr(address)[:3]
    return socket.inet_ntop(family, packed), port


class Connection:
    """One client's connection, seen by functions.

    peer: (IP address, port) of the client. scheme: "http" or "https".
    """

    def __init__(self, server, sock, address):
        self.server = server
        self.scheme = server.scheme
        self.peer = _peer_address(address)
        self.phase = IDLE
        self.since = server.now  # when the phase began, time.ticks_ms()
        self._task = None
        self._plain = self._sock = sock
        try:
            sock.setsockopt(*_TCP_NODELAY)
        except (OSError, ValueError):
            pass  # Some boards have no such option; what is sent in one write needs none.
        self._head = Head(server.limits.url, server.limits.head)
        # What has arrived and is not consumed is _buffer[_start:_end]. A connection that stays idle holds no buffer.
        self._buffer = None
        self._start = 0
        self._end = 0
        self._rest = None  # of a response, what is sent after its head: bytes or a Stream
        self._bodyless = False  # the Stream is not to be sent
        self._chunked = False  # it is to be sent chunked
        self._keep = True  # whether another request may follow
        self._expired = False  # cancelled, since a limit has passed

    def check(self, now):
        """Ends what the connection is doing when its limit has passed; `now` is time.ticks_ms()."""
        if self.phase == IDLE:
            self._release()
        name = _LIMITS[self.phase]
        limit = getattr(self.server.limits, name) if name else _LINGER_MS if self.phase == LINGER else None
        if limit is not None and time.ticks_diff(now, self.since) >= limit and self._task and not self._expired:
            self._expired = True
            self._task.cancel()

    def finish(self):
        """Ends the connection: now where it is idle, else with the response that is due."""
        self._keep = False
        if self.phase == IDLE and self._task:
            self._task.cancel()

    def run(self):
        """Serves requests until the connection ends."""
        return self._ending(self._serve())

    def turn_away(self):
        """Instead of run(): tells the client that there are too many connections."""
        return self._ending(self._refuse(503, "too many connections: try again later"))

    def drop(self):
        """Instead of run(): closes the connection at once."""
        return self._ending(())

    def _ending(self, work):
        self._task = core.cur_task
        try:
            try:
                if self.server.ssl:
                    self._sock = self.server.ssl.wrap_socket(
                        self._plain, server_side=True, do_handshake_on_connect=False
                    )
                yield from work
            except Refused as e:
                yield from self._refuse(e.status, e.text)
            except MemoryError as e:
                log_exception(e)
                if self.phase <= BODY:
                    self._sock.write(_NO_MEMORY)
                    yield from self._linger()
            except core.CancelledError:
                # Otherwise the client is gone, or took too long to take a response, or the server shuts down.
                if self._expired and self.phase <= BODY:
                    yield from self._refuse(408, "no complete request came in time")
        except OSError as e:
            if e.errno not in _CLIENT_GONE:
                log_exception(e)
        except (MemoryError, core.CancelledError):
            pass  # A limit passed or memory ran out while the client was told so.
        except Exception as e:
            log_exception(e)
        finally:
            self._sock.close()
            if self._sock is not self._plain:
                # A TLS socket forgets the plain one, open, when the handshake fails.
                self._plain.close()
            self._release()
            self.server.forget(self)

    def _serve(self):
        server, sock, head = self.server, self._sock, self._head
        queue_read = core._io_queue.queue_read
        while self._keep:
            code = head.parse(self._buffer, self._start, self._end) if self._end else 0
            if code <= 0:
                if code < 0:
                    raise Refused(*error(code))
                if self._end:
                    self._make_room()
                yield queue_read(sock)
                if self._receive() == 0:
                    return
                continue
            self._start = code
            self._keep = self._keep and head.persistent
            body = (yield from self._read_body()) if head.length else b""
            try:
                function = server.find_function(head)
                if function is None or server.before_request_handlers or server.after_request_handlers:
                    response = yield from server.answer(self, head, body, function)
                else:
                    response = function(head, body, self)
                    if type(response) is not tuple:
                        response = yield from self.wait(response)
                if response is None:
                    return
                data = self._format(head.method, head.minor, response)
            except Exception as e:
                response = yield from server.failed(self, head, body, e)
                data = self._format(head.method, head.minor, response)
            sent = sock.write(data)
            if sent != len(data) or self._rest is not None:
                yield from self._send_rest(data, sent or 0)
            self.phase = IDLE
            self.since = server.now
            if self._start == self._end:
                self._start = self._end = 0

    def _release(self):
        """Gives the buffer back; what is in it is forgotten."""
        if self._buffer is not None:
            self._head.clear()
            self.server.put_buffer(self._buffer)
            self._buffer = None
        self._start = self._end = 0

    def _make_room(self):
        """Room for the rest of a head."""
        if self.phase == IDLE:
            self.phase = HEAD
            self.since = self.server.now
        size = self._end - self._start
        if self._start:
            self._buffer[:size] = self._buffer[self._start : self._end]
            self._start = 0
            self._end = size
        if size == len(self._buffer):
            # The parser refuses a head that reaches the limit, so there is something to double.
            bigger = bytearray(2 * size)
            bigger[:size] = self._buffer
            self._buffer = bigger

    def _receive(self):
        """Reads once what has arrived: its size, 0 at the end of the connection, None where there is nothing."""
        if self._buffer is None:
            self._buffer = self.server.get_buffer()
        size = self._sock.readinto(memoryview(self._buffer)[self._end :] if self._end else self._buffer)
        if size:
            self._end += size
        return size

    def _read_body(self):
        """The body, as bytes or bytearray. The head stays where it is."""
        length = self._head.length
        if length > self.server.limits.body:
            raise Refused(413, "request body is too large")
        self.phase = BODY
        self.since = self.server.now
        if self._head.expect_continue and self._start == self._end:
            yield from self._send(_CONTINUE)
        if length < 0:
            return (yield from self._read_chunked())
        return (yield from self._read_sized(length))

    def _read_sized(self, length):
        got = min(length, self._end - self._start)
        arrived = memoryview(self._buffer)[self._start : self._start + got]
        self._start += got
        if got == length:
            return bytes(arrived)
        body = bytearray(min(length, max(_FIRST_BODY, got)))
        body[:got] = arrived
        try:
            while got < length:
                if got == len(body):
                    bigger = bytearray(min(length, 4 * got))
                    bigger[:got] = body
                    body = bigger
                yield core._io_queue.queue_read(self._sock)
                size = self._sock.readinto(memoryview(body)[got:])
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
        if len(self._buffer) - self._start < _MIN_READ:
            # The parsed head keeps the old buffer.
            rest = self._buffer[self._start : self._end]
            self._buffer = self.server.get_buffer()
            self._buffer[: len(rest)] = rest
            self._start = 0
            self._end = len(rest)
        first = self._start
        try:
            while True:
                size = decoder.decode(self._buffer, self._start, self._end)
                if size < 0:
                    raise Refused(*error(size))
                if len(body) + size > self.server.limits.body:
                    raise Refused(413, "request body is too large")
                body.extend(memoryview(self._buffer)[self._start : self._start + size])
                self._start += decoder.used
                if decoder.done:
                    return body
                self._start = self._end = first
                yield core._io_queue.queue_read(self._sock)
                if self._receive() == 0:
                    raise OSError(errno.ECONNRESET)
        finally:
            body = None  # as in _read_sized

    async def wait(self, awaitable, phase=CALL):
        """Awaits what a function returned. When the client disconnects, CancelledError is raised in it."""
        self.phase = phase
        self.since = self.server.now
        watcher = asyncio.create_task(self._watch())
        try:
            return await awaitable
        finally:
            watcher.cancel()
            self.phase = ROUTE

    def _watch(self):
        """Cancels the connection's task when the client disconnects. Requests that arrive early are kept."""
        while self._end < len(self._buffer):
            yield core._io_queue.queue_read(self._sock)
            try:
                size = self._receive()
            except OSError:
                size = 0
            if size == 0:
                self._task.cancel()
                return

    def _format(self, method, minor, response):
        """What to send first of a response, as bytes; what follows is in `_rest`."""
        status, headers, body = response
        self._bodyless = method == "HEAD" or status == 204 or status == 304
        self._rest = None
        lines = self.server.date
        if type(body) is Stream:
            lines += self._frame(minor, body)
            length = body.length
        else:
            length = len(body)
            if length > _ONE_WRITE and not self._bodyless:
                self._rest = body
        if not self._keep:
            lines += b"connection: close\r\n"
        elif not minor:
            lines += b"connection: keep-alive\r\n"
        if self._bodyless:
            # RFC 9110 section 8.6: HEAD may tell what GET would send; an empty body rather means that nobody knows.
            return format_head(status, headers, length or None if method == "HEAD" else None, lines)
        data = format_head(status, headers, length, lines)
        return data + body if self._rest is None else data

    def _frame(self, minor, stream):
        """Decides how a Stream is sent (RFC 9112 section 6.3): the header line for that, if any."""
        self._rest = stream
        self._chunked = stream.length is None and minor == 1
        if stream.length is not None or self._bodyless:
            return b""
        if minor:
            return b"transfer-encoding: chunked\r\n"
        self._keep = False
        return b""

    def _send_rest(self, data, sent):
        """Sends what is left of a response, `sent` bytes of `data` being out."""
        yield from self._send(data, sent)
        rest = self._rest
        if type(rest) is not Stream:
            if rest is not None:
                yield from self._send(rest)
        elif self._bodyless:
            yield from rest.close()
        elif rest.length is None:
            yield from self.wait(self._send_stream(rest), STREAM)
        else:
            # A client that has said all may close its side before it has the answer: who is gone is noticed by writing.
            self.phase = SEND
            self.since = self.server.now
            yield from self._send_stream(rest)
            self.phase = ROUTE

    def _send(self, data, sent=0):
        """Sends bytes, at the client's pace."""
        phase = self.phase
        if phase != STREAM:
            self.phase = SEND
        view = memoryview(data)
        while True:
            if phase != STREAM:
                self.since = self.server.now
            sent += self._sock.write(view[sent:]) or 0
            if sent == len(data):
                break
            yield core._io_queue.queue_write(self._sock)
        self.phase = phase

    async def _send_stream(self, stream):
        left = stream.length
        try:
            async for chunk in stream.chunks:
                chunk = chunk.encode() if isinstance(chunk, str) else chunk
                if left is not None:
                    left -= len(chunk)
                    if left < 0:
                        raise ValueError("a streamed body is longer than its length")
                if chunk:
                    await self._send(b"%x\r\n%s\r\n" % (len(chunk), chunk) if self._chunked else chunk)
            if left:
                raise ValueError("a streamed body is shorter than its length")
            if self._chunked:
                await self._send(b"0\r\n\r\n")
        finally:
            await stream.close()

    def _refuse(self, status, text):
        """Answers what is no request, and ends the connection."""
        self._expired = self._keep = False
        self.phase = ROUTE
        response = yield from self.server.refuse(status, text)
        data = self._format("GET", 1, response)
        yield from self._send_rest(data, 0)
        yield from self._linger()

    def _linger(self):
        """Drops what still comes: closing with bytes unread would reset the connection, and with it the response."""
        self._expired = False
        self.phase = LINGER
        self.since = self.server.now
        self._release()
        while self._sock.readinto(self.server.scratch) != 0:
            yield core._io_queue.queue_read(self._sock)

    # What microdot's websockets need of a stream.

    async def read(self, size):
        """At least one and at most `size` bytes; b"" at the end of the connection."""
        if self._start == self._end:
            self._release()
            while True:
                await self._readable()
                if self._receive() is not None:
                    break
        data = bytes(memoryview(self._buffer)[self._start : min(self._end, self._start + size)])
        self._start += len(data)
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

    async def awrite(self, data):
        """Sends bytes."""
        await self._send(data)

    def _readable(self):
        yield core._io_queue.queue_read(self._sock)
