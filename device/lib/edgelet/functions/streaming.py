"""A response whose body is a stream: its chunks are sent as the handler produces them."""

import asyncio
import time

from edgelet.functions import errors
from edgelet.functions.invocation import finish
from edgelet.http.message import Cut, split_fields


class Body:
    """What `edgelet.http` sends of a pending call whose response is a stream: an async iterator of bytes.

    The handler produces a chunk when the client has the one before, each within the function's `wall_ms`. The request's
    record is made at the end, and only then the request counts no more among those that its function's `awaited` tells.
    Raises Cut where the response cannot go on.
    """

    def __init__(self, pending, head, connection):
        call = pending.call
        self.function = pending.function
        self.length = call.length
        self._pending = pending
        self._head = head
        self._connection = connection
        self._status = call.status
        self._sent = 0
        self._owed_since = time.ticks_ms()  # None while the client is yet to take a chunk
        self._is_asked = False
        pending.limit(self._limit(self.function.limits["wall_ms"]))

    def __aiter__(self):
        return self

    async def __anext__(self):
        pending = self._pending
        if pending is None:
            raise StopAsyncIteration
        self._is_asked = True
        self._owed_since = time.ticks_ms()
        try:
            chunk = await pending.next_chunk()
        except Exception as e:
            kind = "memory" if isinstance(e, MemoryError) else "thrown"
            self._cut(kind, "the device cannot go on with the response: %s" % e)
        self._owed_since = None
        if chunk is not None:
            self._sent += len(chunk)
            return chunk
        if pending.failure or pending.call.error:
            self._cut(*errors.reason(self.function, pending.call, pending.failure))
        self._end("ok")
        raise StopAsyncIteration

    async def aclose(self):
        """The client does not want the rest, or there is none."""
        self.close()

    def close(self):
        """As `aclose`."""
        if self._pending:
            is_wanted = self._is_asked or self._head.method != "HEAD"
            self._end("ok", "the client did not wait for the end of the response" if is_wanted else "")

    def _cut(self, kind, text):
        self._end(kind, text)
        raise Cut

    def _end(self, kind, text=""):
        """The response is over, for whatever reason: records it, and lets the call do what is left to it."""
        pending, self._pending = self._pending, None
        call, function, connection = pending.call, self.function, self._connection
        cpu_us, peak = call.cpu_us, call.peak
        level = "info" if kind == "ok" else "error"
        wall_us = connection.server.record(
            connection,
            self._head,
            self._status,
            self._sent,
            level,
            function.name,
            pending.number,
            cpu_us,
            peak,
            text,
            call.parking,
        )
        function.stats.add(kind, wall_us, cpu_us, peak)
        if kind != "ok":
            connection.failure = kind
        function.awaited -= 1
        pending.limit(None)
        try:
            if call.streams:
                pending.cancel(text or "nobody wants the body of the response")
            if pending.failure is None and call.background:
                asyncio.create_task(finish(pending))
                pending = None
        finally:
            if pending:
                pending.leave()

    async def _limit(self, ms):
        """Ends the call when it has owed a chunk for so long."""
        while True:
            left = ms
            if self._owed_since is not None:
                left -= time.ticks_diff(time.ticks_ms(), self._owed_since)
            if left <= 0:
                break
            await asyncio.sleep_ms(left)
        self._pending.abort("wall")
        if not self._is_asked:
            self.close()


def _says_gzip(lines):
    """Whether header lines, as bytes, say that the body is in gzip and in no other coding."""
    return [value for name, value in split_fields(lines) if name == "content-encoding"] == ["gzip"]


class Received:
    """As `Body`, of a body that another server sends in answer to a fetch: the handler hands it on and has ended."""

    def __init__(self, pending, head, connection):
        call = pending.call
        self.function = pending.function
        self._response = response = pending.take_received()
        if response and b"content-encoding:" in call.headers and _says_gzip(call.headers):
            response.keep_encoded()
        self.length = response.length if response else 0
        if head.method == "HEAD" and call.length is not None:
            self.length = call.length
        self._head = head
        self._connection = connection
        self._number = pending.number
        self._call = call.status, call.cpu_us, call.peak, call.parking
        self._sent = 0
        self._is_over = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self._is_over:
            raise StopAsyncIteration
        try:
            chunk = await self._response.read() if self._response else None
        except (ValueError, MemoryError) as e:
            self._cut("thrown", str(e))
        if chunk is None:
            self._end("ok")
            raise StopAsyncIteration
        self._sent += len(chunk)
        return chunk

    async def aclose(self):
        """The client does not want the rest, or there is none."""
        self.close()

    def close(self):
        """As `aclose`."""
        if not self._is_over:
            is_wanted = self._sent > 0 or self._head.method != "HEAD"
            self._end("ok", "the client did not wait for the end of the response" if is_wanted else "")

    def _cut(self, kind, text):
        self._end(kind, text)
        raise Cut

    def _end(self, kind, text=""):
        """The response is over, for whatever reason: records it."""
        self._is_over = True
        if self._response:
            self._response.close()
        function, connection = self.function, self._connection
        status, cpu_us, peak, parking = self._call
        level = "info" if kind == "ok" else "error"
        wall_us = connection.server.record(
            connection, self._head, status, self._sent, level, function.name, self._number, cpu_us, peak, text, parking
        )
        function.stats.add(kind, wall_us, cpu_us, peak)
        connection.failure = None if kind == "ok" else kind
        function.awaited -= 1
