"""One client's connection: HTTP/1.1 with keep-alive and pipelining (RFC 9112).

What waits for the socket is a generator with `yield queue_read(sock)`, as in MicroPython's own asyncio.stream: it
allocates next to nothing, and a request that can be answered at once costs no switch of tasks.
"""

import asyncio
import errno
import socket
import time
from asyncio import core

from edgelet import log, shortages
from edgelet.http.memory import Share
from edgelet.http.message import Cut, Stream
from edgelet.http.reader import Reader, Refused
from edgelet.http.timeout import ANSWER, BODY, IDLE, LINGER, SEND, STREAM, Timeout
from edgelet.http.writer import Writer
from httpparse import error
from micropython import const

# How a lost connection shows: the client closed or reset it, or has not been heard of for long, or the network is gone.
_EPIPE, _ENETUNREACH = const(32), const(101)  # of Linux; MicroPython's errno does not have them
_NO_INTERFACE = const(-1)  # of lwIP, ERR_IF: there is no link, or it takes nothing
# Of mbedTLS all others are below that, and but for these of what a client has sent: ALLOC_FAILED, INTERNAL_ERROR.
_OWN_FAULTS = (-0x7F00, -0x6C00)
_CONN_EOF = const(-0x7280)
_CLOSED = (_EPIPE, errno.ECONNRESET, errno.ECONNABORTED, errno.ENOTCONN, errno.ETIMEDOUT)
_CUT_OFF = (_ENETUNREACH, errno.EHOSTUNREACH, _NO_INTERFACE)

_REFUSAL_MS = 1000  # what a refusal's Retry-After says

_CONTINUE = const(b"HTTP/1.1 100 Continue\r\n\r\n")
_TCP_NODELAY = const((6, 1, 1))

# Ready-made: there is no memory to make a response with.
_NO_MEMORY = const(
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain;charset=UTF-8\r\ncontent-length: 52\r\n"
    b"retry-after: 1\r\nconnection: close\r\n\r\nnot enough memory for this request: try again later\n"
)


class _NoHead:
    """Stands in for the head of what is no request."""

    method = target = ""
    headers = b""


class Connection:
    """One client's connection, seen by functions.

    peer: (IP address, port) of the client. scheme: "http" or "https". reader, writer: the two ways of its socket.
    arrived_us, arrived_ms: time.ticks_us() and time.ticks_ms() when the head of its last request was there.
    is_internal: who gets the responses does not unpack what is packed for the way.
    caller, depth, calls: of a request that a function sends, see `edgelet.functions.service`.
    """

    is_internal = False
    caller = calls = None
    depth = 0

    def __init__(self, server, sock, address):
        self.server = server
        self.scheme = server.scheme
        self.peer = _peer_address(address)
        self._task = None
        self._sock = sock
        try:
            sock.setsockopt(*_TCP_NODELAY)
        except (OSError, ValueError):
            pass  # Some boards have no such option; what is sent in one write needs none.
        self._timeout = Timeout(server)
        self._expired = False  # cancelled, since a limit has passed
        self._is_held_back = False
        self.arrived_us = self.arrived_ms = 0
        self._share = Share(server.memory)
        self.reader = Reader(server, sock, self._timeout, self._share)
        self.writer = Writer(server, sock, self._timeout)

    def check(self, now):
        """Ends what the connection is doing when its limit has passed; `now` is the server's."""
        phase = self._timeout.phase
        if phase == IDLE:
            self.reader.release()
        elif phase == ANSWER:
            self.reader.shrink()
            return
        if self._task and not self._expired and self._timeout.is_over(now):
            self._expired = True
            self._task.cancel()

    def idle_ms(self, now):
        """For how long it has waited for the first byte of a request; -1 where it does not, or ends.

        One whose refusal is held back has for ever.
        """
        if self._is_held_back and self.writer.keep:
            return 1 << 29
        if self._timeout.phase != IDLE or not self.writer.keep or not self._task:
            return -1
        return time.ticks_diff(now, self._timeout.since)

    def finish(self):
        """Ends the connection: now where it is idle, else with the response that is due."""
        self.writer.keep = False
        if self._task and (self._is_held_back or self._timeout.phase == IDLE):
            self._task.cancel()

    def cut(self):
        """Ends the connection, and what it was doing, without another byte."""
        self.writer.keep = False
        if self._task:
            self._task.cancel()

    async def hold_back(self, response):
        """The response, a refusal, after a while or when another client needs the connection.

        Who asks again at once would ask ever faster, the less we do for it.
        """
        self._is_held_back = True
        try:
            await asyncio.sleep_ms(_REFUSAL_MS)
        except core.CancelledError:
            if self.writer.keep:
                raise
        finally:
            self._is_held_back = False
        return response

    def run(self):
        """Serves requests until the connection ends."""
        return self._ending(self._serve())

    def turn_away(self):
        """Instead of run(): tells the client that there are too many connections."""
        return self._ending(self._refuse(503, "too many connections: try again later"))

    def drop(self):
        """Instead of run(): closes the connection at once."""
        return self._ending(())

    def _serve(self):
        server, reader, writer, timeout = self.server, self.reader, self.writer, self._timeout
        head, sock = reader.head, reader.sock
        queue_read = core._io_queue.queue_read
        while writer.keep:
            code = head.parse(reader.buffer, reader.start, reader.end) if reader.end else 0
            if code <= 0:
                if code < 0:
                    raise Refused(*error(code))
                if reader.end:
                    reader.make_room()
                yield queue_read(sock)
                if reader.receive() == 0:
                    return
                continue

            reader.start = code
            self.arrived_us, self.arrived_ms = time.ticks_us(), time.ticks_ms()
            writer.keep = writer.keep and head.persistent
            body = b""
            if head.length:
                body = reader.arrived_body() or (yield from self._read_body(head))

            try:
                function = server.find_function(head)
                if function is not None:
                    server.memory.check(function)
                if function is None or server.before_request_handlers or server.after_request_handlers:
                    timeout.phase = ANSWER
                    response = yield from server.answer(self, head, body, function)
                else:
                    response = function(head, body, self)
                    if type(response) is not tuple:
                        response = yield from self.wait(response, ANSWER)
                if response is None:
                    return
                data = writer.format(response, head.method, head.minor)
                if function is not None and writer.rest is not None and type(writer.rest) is not Stream:
                    # Others of its function may have come to hold much while it was waiting.
                    server.memory.check(function)
            except Refused:
                raise
            except Exception as e:
                timeout.phase = ANSWER
                response = yield from server.failed(self, head, body, e)
                data = writer.format(response, head.method, head.minor)

            # An idle connection must not hold what it has sent, or a slow one what it has received: not in this frame's
            # stack either, where arguments stay until others of a call are in their places.
            body = response = None
            self._share.keep(0)
            sent = sock.write(data)
            if sent != len(data) or writer.rest is not None:
                self._share.belong(function)
                yield from self._send_rest(data, sent or 0)
                writer.rest = None
                self._share.keep(0)
            data = function = None

            if reader.start == reader.end:
                reader.start = reader.end = 0
            else:
                # The next request is here already, and so may be those of others: one response, then their turn.
                timeout.phase = ANSWER
                yield from asyncio.sleep_ms(0)
            timeout.enter(IDLE)

    def _read_body(self, head):
        reader = self.reader
        self._timeout.enter(BODY)
        reader.check_length(head.length)
        self._share.belong(self.server.find_function(head))
        if head.expect_continue and reader.start == reader.end:
            yield from self.writer.send(_CONTINUE)
        return (yield from reader.read_body())

    async def wait(self, awaitable, phase, has_begun=False):
        """Awaits what a function returned. When the client resets the connection, CancelledError is raised in it.

        has_begun: the client has a part of the response; when it closes its side, that is so too.
        """
        self._timeout.enter(phase)
        watcher = asyncio.create_task(self._watch(has_begun))
        try:
            return await awaitable
        finally:
            watcher.cancel()
            self._timeout.phase = ANSWER

    def _watch(self, has_begun):
        """Cancels the connection's task when the client resets the connection. Requests that arrive early are kept."""
        reader = self.reader
        while not reader.is_full():
            yield core._io_queue.queue_read(reader.sock)
            try:
                size = reader.receive()
            except OSError:
                self._task.cancel()
                return
            if size == 0:
                # It has said all (RFC 9112 section 9.6), and may still want its answer. Who hangs up in the midst of a
                # response looks the same.
                self.writer.keep = False
                if has_begun:
                    self._task.cancel()
                return

    def _send_rest(self, data, sent):
        """Sends what is left of a response, `sent` bytes of `data` being out."""
        writer = self.writer
        rest = writer.rest
        self._share.keep(len(data) - sent + (0 if rest is None or type(rest) is Stream else len(rest)))
        yield from writer.send(data, sent)
        if type(rest) is not Stream:
            if rest is not None:
                yield from writer.send(rest)
        elif writer.bodyless:
            yield from rest.close()
        elif rest.function:
            yield from self.wait(writer.send_stream(self._share), ANSWER, True)
        elif rest.length is None:
            yield from self.wait(writer.send_stream(self._share), STREAM)
        else:
            # A client that has said all may close its side before it has the answer: who is gone is noticed by writing.
            self._timeout.enter(SEND)
            yield from writer.send_stream(self._share)
            self._timeout.phase = ANSWER
        data = rest = None  # as in Reader._read_sized

    def _refuse(self, status, text):
        """Answers what is no request, and ends the connection."""
        head = self.reader.head
        if self._timeout.phase != BODY:
            self.arrived_us, self.arrived_ms = time.ticks_us(), time.ticks_ms()
            head = _NoHead
        self._expired = self.writer.keep = False
        self._timeout.phase = ANSWER
        response = yield from self.server.refuse(status, text)
        self.server.record(self, head, status, len(response[2]), text=text)
        data = self.writer.format(response, "GET", 1)
        yield from self._send_rest(data, 0)
        yield from self._linger()

    def _linger(self):
        """Drops what still comes: closing with bytes unread would reset the connection, and with it the response."""
        self._expired = False
        self._timeout.enter(LINGER)
        self.reader.release()
        sock = self.reader.sock
        while sock.readinto(self.server.scratch) != 0:
            yield core._io_queue.queue_read(sock)

    def _ending(self, work):
        """Does the connection's work, tells the client what went wrong, and closes the connection."""
        self._task = core.cur_task
        try:
            try:
                if self.server.ssl:
                    self._encrypt()
                yield from work
            except Refused as e:
                yield from self._refuse(e.status, e.text)
            except MemoryError as e:
                shortages.add("heap", "the heap is used up: a connection was ended")
                log.exception(e)
                if self._timeout.phase <= BODY:
                    self.writer.sock.write(_NO_MEMORY)
                    yield from self._linger()
            except core.CancelledError:
                # Otherwise the client is gone, or took too long to take a response, or the server shuts down.
                if self._expired and self._timeout.phase <= BODY:
                    yield from self._refuse(408, "no complete request came in time")
        except OSError as e:
            if isinstance(e.errno, int) and e.errno < _NO_INTERFACE and e.errno not in _OWN_FAULTS:
                why = "it ended the connection" if e.errno == _CONN_EOF else e.args[-1]
                log.debug("TLS with %s failed: %s" % (self.peer[0], why))
            elif e.errno not in _CLOSED and e.errno not in _CUT_OFF:
                log.exception(e)
        except (Cut, MemoryError, core.CancelledError):
            pass  # It is in the log, a limit passed or memory ran out while the client was told so.
        except Exception as e:
            log.exception(e)
        finally:
            self.close()

    def _encrypt(self):
        sock = self.server.ssl.wrap_socket(self._sock, server_side=True, do_handshake_on_connect=False)
        self.reader.sock = self.writer.sock = sock

    def close(self):
        """Closes the socket, whatever is to be sent or read."""
        self.reader.sock.close()
        if self.reader.sock is not self._sock:
            # A TLS socket forgets the plain one, open, when the handshake fails.
            self._sock.close()
        rest = self.writer.rest
        if type(rest) is Stream and rest.function:
            rest.chunks.close()
        self._share.keep(0)
        self.reader.release()
        self.server.forget(self)


def _peer_address(address):
    """(IP address, port) of what `accept()` gave: boards give just that, Linux a packed sockaddr."""
    if isinstance(address, tuple):
        return address[0], address[1]
    family, packed, port = socket.sockaddr(address)[:3]
    return socket.inet_ntop(family, packed), port
