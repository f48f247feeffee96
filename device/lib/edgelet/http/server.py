"""The HTTP server: a microdot application with our own connections, and functions beside its routes."""

import asyncio
import errno
import socket
import sys
import time
from asyncio import core

import microdot.microdot
from edgelet import clock, log, shortages
from edgelet.event_loop import settle
from edgelet.http.connection import Connection
from edgelet.http.memory import Memory
from edgelet.http.message import Stream, date_line, join_fields, split_fields
from edgelet.http.reader import READ_SIZE
from edgelet.http.timeout import ANSWER
from edgelet.limits import ServerLimits
from microdot import Microdot, Request, Response
from microdot.microdot import NoCaseDict, invoke_handler
from micropython import const

#: How often limits of time are checked and the Date is renewed, in milliseconds.
TICK_MS = const(250)
# A connection gives way to a new one when it has been idle for so long: what it had sent before would have been read.
_GIVE_WAY_MS = const(2 * TICK_MS)

_BACKLOG = 1024 if sys.platform == "linux" else 8
# Connections accepted in one round of the event loop, so that those that are open have their turn in between.
_ACCEPTS = 64 if sys.platform == "linux" else 1
_SPARE_BUFFERS = 4 if sys.platform == "linux" else 1
_SCRATCH_SIZE = 512 if sys.platform == "linux" else 128
_NOT_ACCEPTED = const("the heap is used up: a connection was not accepted")
_TURNED_AWAY = const(4)  # connections beyond the limit that are told so at a time; more are closed at once


# What microdot prints goes to the log: a terminal that nobody reads would stop the device.
microdot.microdot.print_exception = log.exception


class _FunctionResponse(Response):
    """A function's response on its way through microdot's hooks: its headers are complete."""

    def complete(self):
        pass


class Server(Microdot):
    """A microdot application whose routes, hooks and error handlers apply to functions too.

    `find_function(head)` says which function answers a request: a callable, or None for microdot's routes. `head` is
    the `httpparse.Head`. The function is called as `function(head, body, connection)` with the body as bytes or
    bytearray and a `Connection`; it returns (status, headers, body), where headers are lines as bytes and the body is
    bytes or an `edgelet.http.message.Stream`, or else an awaitable of that. `head` is valid until its response is sent.
    What it raises goes to microdot's error handlers: `abort()` or any exception.
    """

    def __init__(self, find_function=None, limits=None):
        super().__init__()
        self.find_function = find_function or (lambda head: None)
        self.limits = limits or ServerLimits()
        self.client_of = lambda head, connection: connection.peer[0]  # whose request it is, for the log
        self.is_here = lambda address: False  # whether it listens at that IP address, bytes
        self.memory = None  # `edgelet.http.memory.Memory`, when it has started
        self.port = 0  # where it listens
        self.scheme = "http"
        # -> True. No set: MicroPython 1.25 breaks one that cannot grow for want of memory (py/map.c, mp_set_rehash).
        self.connections = {}
        self.refused = {}  # status code: how many requests the connections refused with it
        self.now = time.ticks_ms()  # the connections' clock, see _tick
        self._ticked = self.now  # time.ticks_ms() of the last _tick
        self.date = b""  # the Date header line
        self._ticking = None
        self._task = None
        self._closing = False
        self._buffers = []
        self.scratch = bytearray(_SCRATCH_SIZE)  # where all connections read what nobody wants

    async def start_server(self, host="0.0.0.0", port=5000, debug=False, ssl=None, start_serving=True):
        """Serves until `shutdown()`; see microdot. `ssl`: an SSLContext with a certificate, for https.

        host: an address, or a socket that listens already, at that `port`.
        """
        self.debug = debug
        self.port = port
        self.ssl = ssl
        self.scheme = "https" if ssl else "http"
        self.memory = Memory(self.limits)
        self._task = core.cur_task
        try:
            await self._listen(host if type(host) is socket.socket else _listener(host, port))
        except core.CancelledError:
            if not self._closing:
                raise
        until = time.ticks_add(time.ticks_ms(), self.limits.wall_ms)
        while self.connections and time.ticks_diff(until, time.ticks_ms()) > 0:
            await asyncio.sleep_ms(TICK_MS)

    def shutdown(self):
        """Stops listening; ends idle connections now, others after their response, within the limit `wall_ms`."""
        if not self._closing:
            self._closing = True
            self._task.cancel()
        for connection in list(self.connections):
            connection.finish()

    def cut(self):
        """Ends all connections as they are: their clients are out of reach."""
        for connection in list(self.connections):
            connection.cut()

    def close(self):
        """Closes all connections as they are, when the event loop has ended."""
        for connection in list(self.connections):
            connection.close()

    def _listen(self, listener):
        # Not asyncio.start_server, which ends for good when there is no memory for one connection.
        try:
            while True:
                try:
                    yield core._io_queue.queue_read(listener)
                    for _ in range(_ACCEPTS):
                        self._accept(listener)
                except MemoryError:
                    shortages.add("heap", _NOT_ACCEPTED)
                    yield from asyncio.sleep_ms(TICK_MS)
                except OSError as e:
                    if e.errno != errno.EAGAIN:
                        yield from asyncio.sleep_ms(TICK_MS)
        finally:
            listener.close()

    # What listener.accept() gives is not for the frame of _listen, which would hold it until the next one comes.
    def _accept(self, listener):
        sock, address = listener.accept()
        try:
            sock.setblocking(False)
            if self._ticking is None:
                self._tick()
                self._ticking = asyncio.create_task(self._keep_time())
            connection = Connection(self, sock, address)
            over = len(self.connections) - self.limits.connections
            if over < 0 or self._end_idle():
                work = connection.run()
            else:
                shortages.add("connections", "all %d connections are in use" % self.limits.connections)
                work = connection.turn_away() if over < _TURNED_AWAY else connection.drop()
            self.connections[connection] = True
            try:
                asyncio.create_task(work)
            except MemoryError:
                self.forget(connection)
                raise
        except MemoryError:
            sock.close()
            shortages.add("heap", _NOT_ACCEPTED)

    def _end_idle(self):
        """Ends the connection that has been idle longest, so that a new one has its place; False where none is idle."""
        oldest = None
        longest = _GIVE_WAY_MS - 1
        for connection in self.connections:
            idle_ms = connection.idle_ms(self.now)
            if idle_ms > longest:
                oldest, longest = connection, idle_ms
        if oldest is not None:
            oldest.finish()
        return oldest is not None

    def forget(self, connection):
        """A connection has ended."""
        self.connections.pop(connection, None)

    def _tick(self):
        # Time in which the event loop stood still counts for no client: nobody looked at what it had sent meanwhile.
        now = time.ticks_ms()
        passed = min(time.ticks_diff(now, self._ticked), 2 * TICK_MS)
        self._ticked = now
        self.now = time.ticks_add(self.now, passed)
        self.date = date_line()

    async def _keep_time(self):
        """Renews time and date and ends what takes too long, as long as there are connections."""
        while self.connections:
            self._check()
            await asyncio.sleep_ms(TICK_MS)
        self._ticking = None
        # What a rush has left lies in the midst of a board's heap, and would tear it for good.
        self.connections.clear()
        self._buffers.clear()
        settle()

    # Not in _keep_time, whose frame would hold the last connection, and its request, until the next round.
    def _check(self):
        try:
            self._tick()
            for connection in self.connections:
                connection.check(self.now)
        except MemoryError:
            pass  # What is left waits for the next round.

    def get_buffer(self):
        """A bytearray of READ_SIZE bytes, of any contents."""
        return self._buffers.pop() if self._buffers else bytearray(READ_SIZE)

    def put_buffer(self, buffer):
        """Gives a buffer back, of whatever size."""
        if len(buffer) == READ_SIZE and len(self._buffers) < _SPARE_BUFFERS:
            self._buffers.append(buffer)

    def record(
        self,
        connection,
        head,
        status,
        size,
        level="info",
        function="",
        number=0,
        cpu_us=0,
        arena=0,
        text="",
        parking=None,
    ):
        """Puts request `number` of functions, 0 where none has seen it, into the log when it is answered.

        See `logring.Ring.request`. Returns the microseconds since it came.
        """
        wall_us = clock.us_since(connection.arrived_us, connection.arrived_ms)
        log.ring.request(
            clock.uptime_ms(),
            level,
            number,
            function,
            status,
            cpu_us,
            wall_us,
            arena,
            size,
            head.method,
            head.target,
            self.client_of(head, connection),
            text,
            parking,
        )
        return wall_us

    def find_route(self, req):
        """Microdot's search for a route, with functions beside the routes."""
        if getattr(req, "function", None) is None:
            return super().find_route(req)
        req.url_args = {}
        return self._call, "", None

    async def answer(self, connection, head, body, function=None):
        """Has microdot answer a request, with its hooks and error handlers; `function`, if any, is the route.

        Returns (status, headers, body) like a function, or None where a websocket has used up the connection.
        """
        try:
            request = self._request(connection, head, body)
        except ValueError:
            return await self.refuse(400, "malformed query string")
        request.function = function
        response = await self.dispatch_request(request)
        if response is Response.already_handled:
            return None
        response = _plain(response)
        if function is None:
            self.record(connection, head, response[0], body_size(response[2]))
        return response

    async def failed(self, connection, head, body, exc):
        """Has microdot's error handlers answer a request of which the function or its response failed with `exc`."""

        def function(head, body, connection):
            raise exc

        response = await self.answer(connection, head, body, function)
        self.record(connection, head, response[0], body_size(response[2]), "error")
        return response

    async def refuse(self, status, text):
        """Has microdot's error handlers, which get None as request, answer what cannot be served."""
        self.refused[status] = self.refused.get(status, 0) + 1
        result = await self.error_response(None, status, text + "\n")
        if isinstance(result, tuple):
            response = Response(*result)
        else:
            response = result if isinstance(result, Response) else Response(result)
        for handler in self.after_error_request_handlers:
            response = await invoke_handler(handler, None, response) or response
        if status == 503:
            response.headers["Retry-After"] = "1"
        return _plain(response)

    def _request(self, connection, head, body):
        headers = NoCaseDict()
        for name, value in split_fields(head.headers):
            if name in headers:
                # RFC 9110 section 5.3, RFC 6265 section 5.4.
                value = headers[name] + ("; " if name.lower() == "cookie" else ", ") + value
            headers[name] = value
        if head.host:
            headers["Host"] = head.host
        request = Request(
            self,
            connection.peer,
            head.method,
            head.target,
            f"1.{head.minor}",
            headers,
            body=bytes(body),
            sock=(connection.reader, connection.writer),
            scheme=connection.scheme,
        )
        request.max_content_length = self.limits.body
        request.head = head
        request.connection = connection
        return request

    async def _call(self, request):
        result = request.function(request.head, request.body, request.connection)
        if type(result) is not tuple:
            result = await request.connection.wait(result, ANSWER)
        if result is None:
            return Response.already_handled
        status, lines, body = result
        headers = {}
        for name, value in split_fields(lines):
            headers.setdefault(name, []).append(value)
        if type(body) is Stream:
            if body.length is not None:
                headers["Content-Length"] = str(body.length)
            body = body.chunks
        return _FunctionResponse(body, status, headers)


def body_size(body):
    """Bytes of a response's body, 0 where a Stream does not know."""
    return (body.length or 0) if type(body) is Stream else len(body)


def _listener(host, port):
    sock = socket.socket()
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(socket.getaddrinfo(host, port)[0][-1])
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _plain(response):
    """A microdot response as (status, headers, body)."""
    response.complete()
    length = None
    fields = []
    for name, value in response.headers.items():
        if name.lower() == "content-length":
            length = int(value)
        else:
            fields.append((name, value))
    body = response.body or b""
    if not isinstance(body, (bytes, bytearray, memoryview)):
        body = Stream(response.body_iter(), length)
    return response.status_code, join_fields(fields), body
