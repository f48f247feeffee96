"""Calls of functions by functions: requests of handlers that functions of this device answer, others or themselves.

It is a request like any other, with the limits of the function that is called, its own record in the log and its own
place in the queue. Nothing of it goes through a socket.
"""

import asyncio
import sys
import time

from edgelet.functions.head import Head
from edgelet.http.memory import Share
from edgelet.http.message import Cut, Stream
from edgelet.http.reader import Refused
from httpparse import own_fields
from micropython import const

_LINUX = sys.platform == "linux"
#: Calls within calls; on boards a few that wait for each other take all the room there is for what waits.
DEPTH = 16 if _LINUX else 4
#: Calls to which one request of a client comes altogether, as of Workers.
CALLS = const(32)
_METHOD = const(32)  # bytes of a method's name, as of a client's
_FIELDS = const(256)  # header lines, likewise
# The classes of errors that JavaScript makes of a text that begins so (firmware/quickjs_module/web/web_fetch.c).
_ERRORS = ("Error", "RangeError", "ReferenceError", "SyntaxError", "TypeError")
_PART = 16384 if _LINUX else 2048  # bytes of a body that is given at once


class _Server:
    """What a function that is called sees of the server. text: what the last record says of a failure."""

    def __init__(self, server):
        self.limits = server.limits
        self.memory = server.memory
        self.scheme = server.scheme
        self.port = server.port
        self.is_here = server.is_here
        self.find_function = server.find_function
        self.text = ""
        self._record = server.record

    def record(self, connection, head, status, size, level="info", *rest):
        """See `edgelet.http.server.Server`."""
        if level != "info":
            self.text = rest[4]
        return self._record(connection, head, status, size, level, *rest)

    async def answer(self, connection, head, body):
        """The response where neither a static file nor a handler answers."""
        self.record(connection, head, 404, 0)
        return 404, b"", b""


class _Connection:
    """What a function that is called sees of who calls: see `edgelet.http.connection.Connection`.

    caller: the `PendingCall` that waits for it. depth: of calls within calls. calls: how many the client's request has
    come to so far, in a list that all of them share.
    """

    is_internal = True

    def __init__(self, caller, calls, scheme):
        above = caller.connection
        self.caller = caller
        self.calls = calls
        self.depth = above.depth + 1
        self.server = _Server(above.server)
        # Whatever the handler that calls says: X-Forwarded-For is a proxy's to set.
        self.peer = caller.function.registry.peer(caller.head, above), above.peer[1]
        self.scheme = scheme
        self.arrived_us = time.ticks_us()
        self.arrived_ms = time.ticks_ms()
        self.failure = None

    async def hold_back(self, response):
        """The response at once: how often a handler asks has a limit of its own."""
        return response


def _failure(function, connection):
    """What the handler that calls learns of a failure, behind the class of the error.

    Of what another handler throws it is the message, as in Workers.
    """
    text = connection.server.text.partition("\n")[0]
    if connection.failure != "thrown":
        return "Error: %s: %s" % (function.name, text)
    return text if text.partition(":")[0] in _ERRORS else "Error: " + text


class Answer:
    """A function's response to a call, as an `edgelet.outbound.client.Response`."""

    reason = ""
    unpacks_gzip = False

    def __init__(self, function, connection, head, response, is_service):
        self.status, lines, body = response
        self.body = None
        self.is_open = False
        self._function = function
        self._connection = connection
        self._cut = None if is_service else "fetch: %s: the response is cut off" % head.host
        self._share = Share(connection.server.memory)
        self._stream = body if type(body) is Stream else None
        self._at = 0  # what is read of a body that is bytes
        self._reading = None  # the task that waits for a part
        bodyless = self.status in (204, 304)
        self.length = length = self._stream.length if self._stream else len(body)
        self.lines = own_fields(lines)
        if length is not None and not bodyless:
            self.lines += b"content-length: %d\r\n" % length
        if bodyless or head.method == "HEAD":
            self.close()
        elif self._stream:
            self.is_open = True
        elif length > _PART:
            self._keep(body)
        else:
            self.body = body

    def _keep(self, body):
        """Holds a large body until it is read."""
        self._share.belong(self._function)
        try:
            self._share.hold(len(body))
        except Refused as e:
            raise ValueError("Error: %s: %s" % (self._function.name, e.text)) from None
        self.body = body
        self.is_open = True

    async def read(self):
        """The next bytes of a body that is open; None at its end. ValueError where it breaks off."""
        if not self._stream:
            return self._next_part()
        self._reading = asyncio.current_task()
        part = b""
        try:
            while not part:
                part = await self._stream.chunks.__anext__()
            return part
        except StopAsyncIteration:
            self.close()
        except Cut:
            raise ValueError(self._cut or _failure(self._function, self._connection)) from None
        except asyncio.CancelledError:
            if self._stream:
                raise
        finally:
            self._reading = None
        return None

    def _next_part(self):
        part = self.body[self._at : self._at + _PART] if self.body else None
        if not part:
            self.close()
            return None
        self._at += len(part)
        return part

    def keep_encoded(self):
        """As `edgelet.outbound.client.Response.keep_encoded`: a function's response comes as it is."""
        return

    def close(self):
        """Nobody wants more of it; who waits for a part has None. May be called again."""
        self._share.keep(0)
        self.body = None
        stream, self._stream = self._stream, None
        if stream is None:
            return
        if self._reading and self._reading is not asyncio.current_task():
            self._reading.cancel()
        if stream.function:
            stream.chunks.close()
        else:
            asyncio.create_task(stream.close())


def head(method, secure, host, port, target, lines):
    """The `Head` of a request without a body. lines: header lines as bytes."""
    if port != (443 if secure else 80):
        host = "%s:%d" % (host, port)
    kept = [b"host: " + host.encode()]
    # Nobody would unpack what comes packed.
    kept += [line for line in own_fields(lines).split(b"\r\n")[:-1] if not line.startswith(b"accept-encoding:")]
    return Head(method, target, host, b"\r\n".join(kept) + b"\r\n", 0)


def _check(connection, head):
    """Raises ValueError for what no client may ask either, and where there are too many calls."""
    limits = connection.server.limits
    if connection.depth > DEPTH:
        raise ValueError("Error: calls of functions are more than %d deep" % DEPTH)
    if connection.calls[0] >= CALLS:
        raise ValueError("Error: more than %d calls of functions for one request" % CALLS)
    if len(head.method) > _METHOD or len(head.target) > limits.url or len(head.headers) > limits.head:
        raise ValueError("Error: the request's head is too large: see the limits url and head")
    if head.headers.count(b"\r\n") > _FIELDS:
        raise ValueError("Error: the request has more than %d header lines" % _FIELDS)


async def _collect(upload, function, share):
    """The bytes of an `Upload`, at least one more than the function takes where there are more."""
    share.belong(function)
    try:
        return await upload.collect(function.limits["body"], share.hold)
    except Refused as e:
        raise ValueError("Error: %s: %s" % (function.name, e.text)) from None


async def ask(caller, calls, function, head, secure, body, is_service):
    """The `Answer` of a function to a request of the `PendingCall` caller.

    calls: see `_Connection`. head: without the length of the body. body: bytes, None for none, or an
    `edgelet.outbound.upload.Upload`, which is read to its end first. is_service: whether a failure is an error of who
    calls, as in Workers, and not the response that a client gets. Raises ValueError with what the handler that calls
    should know.
    """
    connection = _Connection(caller, calls, "https" if secure else "http")
    _check(connection, head)
    calls[0] += 1
    share = Share(connection.server.memory)
    try:
        if hasattr(body, "collect"):
            body = await _collect(body, function, share)
        if body is not None:
            head.has_body(len(body))
        response = function(head, body or b"", connection)
        if type(response) is not tuple:
            response = await response
    finally:
        share.keep(0)
    if connection.failure and is_service:
        raise ValueError(_failure(function, connection))
    try:
        return Answer(function, connection, head, response, is_service)
    except BaseException:
        if type(response[2]) is Stream:
            await response[2].close()
        raise
