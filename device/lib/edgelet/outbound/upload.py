"""The body of a request whose parts a handler produces while they are sent."""

import asyncio
import time


class Upload:
    """Its parts go from one task, which gives them with `put`, to another, which has `send` or `collect` take them.

    length: its bytes, None where that is not known. most: bytes that it may have. is_whole: whether all of it is sent.
    """

    def __init__(self, length, most):
        self.length = length
        self.is_whole = False
        self._most = most
        self._size = 0  # bytes that were given
        self._part = None  # given, and not sent yet
        self._is_last = False
        self._failure = None  # why it does not go on
        self._changed = asyncio.Event()
        self._is_awaited = False  # whether the next part is the handler's to give
        self._since = time.ticks_ms()

    @property
    def is_closed(self):
        """Whether nobody takes the rest."""
        return self._failure is not None

    def watch(self):
        """From now on counts how long the other side lets it wait."""
        self._since = time.ticks_ms()

    def idle_ms(self):
        """How long the other side has let it wait, or has not answered when it has all."""
        return 0 if self._is_awaited else time.ticks_diff(time.ticks_ms(), self._since)

    async def put(self, part):
        """Gives the next part, bytes; returns when it is sent. ValueError where nobody takes it."""
        self._size += len(part)
        if self._size > self._most:
            self.close("the request's body has more than %d bytes (fetch_bytes)" % self._most)
        elif self.length is not None and self._size > self.length:
            self.close("the request's body is longer than its length")
        self._part = part
        self._changed.set()
        await self._until(lambda: self._part is None)
        if self.is_closed:
            raise ValueError(self._failure)

    def end(self):
        """There is no further part."""
        self._is_last = True
        self._changed.set()

    def close(self, reason):
        """It does not go on, unless it is whole; who gives or takes a part learns why. May be called again."""
        if not self.is_whole and not self.is_closed:
            self._failure = reason
            self._changed.set()

    async def send(self, connection):
        """Sends it over a `Connection`. OSError of that; ValueError where it does not go on."""
        sent = 0
        while sent != self.length:
            part = await self._next()
            if part is None:
                break
            sent += len(part)
            if self.length is None:
                part = b"".join((b"%x\r\n" % len(part), part, b"\r\n"))
            await connection.write(part)
            self._have_taken()
        if self.length is None:
            await connection.write(b"0\r\n\r\n")
        elif sent != self.length:
            raise ValueError("the request's body is shorter than its length")
        self._have_all()

    async def collect(self, most, hold):
        """All of it, or where it has more than `most` bytes as much as shows that; bytes.

        hold: what is called with a number of bytes before there are so many. ValueError where it does not go on.
        """
        body = bytearray()
        while len(body) <= most:
            part = await self._next()
            if part is None:
                self._have_all()
                return body
            hold(len(body) + len(part))
            body.extend(part)
            self._have_taken()
        self.close("the function takes no more than %d bytes (body)" % most)
        return body

    async def _next(self):
        """The part that is given next; None at the end."""
        self._is_awaited = True
        try:
            await self._until(lambda: self._part is not None or self._is_last)
        finally:
            self._is_awaited = False
            self._since = time.ticks_ms()
        if self.is_closed:
            raise ValueError(self._failure)
        return self._part

    def _have_taken(self):
        self._part = None
        self._since = time.ticks_ms()
        self._changed.set()

    def _have_all(self):
        self.is_whole = True
        self._have_taken()

    async def _until(self, is_so):
        while not is_so() and not self.is_closed:
            self._changed.clear()
            await self._changed.wait()
