"""What a client gets: the bytes of responses (RFC 9112), and what microdot's websockets write."""

import sys
from asyncio import core

from edgelet.http.message import Stream
from edgelet.http.timeout import SEND, STREAM
from httpparse import response as format_response
from micropython import const

# Bytes of a body that are copied, to go out in one write with the head. A large one is not held twice.
_ONE_WRITE = 65536 if sys.platform == "linux" else 16384

_SEGMENT = const(800)  # bytes that fit into a segment of TCP on a board: TCP_MSS in lwipopts.h
_NO_MEMORY_MS = const(20)


class Writer:
    """Writes to the socket `sock` of a connection of the server, whose time `timeout` counts.

    keep: whether another request may follow, as the client is told. rest: of a response, what is to be sent after what
    `format` gave: bytes, a Stream, or None. bodyless: the Stream is not to be sent.
    """

    def __init__(self, server, sock, timeout):
        self._server = server
        self._timeout = timeout
        self.sock = sock
        self.keep = True
        self.rest = None
        self.bodyless = False
        self._chunked = False  # the Stream is to be sent chunked

    def format(self, response, method, minor):
        """What to send first of a response to a request of HTTP/1.`minor`, as bytes; what follows is in `rest`."""
        status, headers, body = response
        self.bodyless = method == "HEAD" or status == 204 or status == 304
        self.rest = None
        lines = self._server.date
        if type(body) is Stream:
            lines += self._frame(minor, body)
            length = body.length
        else:
            length = len(body)
            if length > _ONE_WRITE and not self.bodyless:
                self.rest = body
        if not self.keep:
            lines += b"connection: close\r\n"
        elif not minor:
            lines += b"connection: keep-alive\r\n"
        if self.bodyless:
            # RFC 9110 section 8.6: HEAD may tell what GET would send; an empty body rather means that nobody knows.
            told = length or None if method == "HEAD" and status != 204 else None
            return format_response(status, headers, told, lines, b"")
        return format_response(status, headers, length, lines, body if self.rest is None else b"")

    def _frame(self, minor, stream):
        """Decides how a Stream is sent (RFC 9112 section 6.3): the header line for that, if any."""
        self.rest = stream
        self._chunked = stream.length is None and minor == 1
        if stream.length is not None or self.bodyless:
            return b""
        if minor:
            return b"transfer-encoding: chunked\r\n"
        self.keep = False
        return b""

    def send(self, data, sent=0):
        """Sends bytes, of which `sent` are out, at the client's pace."""
        timeout = self._timeout
        phase = timeout.phase
        if phase != STREAM:
            timeout.phase = SEND
            timeout.since = self._server.now
        view = memoryview(data)
        size = len(data)
        waited = False
        while sent < len(data):
            count = self.sock.write(view[sent : sent + size])
            if count:
                sent += count
                size = len(data)
                if phase != STREAM:
                    timeout.since = self._server.now
                if sent == len(data):
                    break
            elif waited:
                # lwIP has room for it in the connection, but no memory at the moment, or not for as much.
                size = _SEGMENT
                yield from core.sleep_ms(_NO_MEMORY_MS)
            yield core._io_queue.queue_write(self.sock)
            waited = True
        timeout.phase = phase
        data = view = None  # as in Reader._read_sized

    async def send_stream(self, share):
        """Sends the Stream that is the rest of a response, and closes it. share: as in Reader."""
        stream = self.rest
        left = stream.length
        try:
            async for chunk in stream.chunks:
                chunk = chunk.encode() if isinstance(chunk, str) else chunk
                if left is not None:
                    left -= len(chunk)
                    if left < 0:
                        raise ValueError("a streamed body is longer than its length")
                if chunk:
                    await self._send_chunk(chunk, stream, share)
            if left:
                raise ValueError("a streamed body is shorter than its length")
            if self._chunked:
                await self.send(b"0\r\n\r\n")
        finally:
            await stream.close()

    async def _send_chunk(self, chunk, stream, share):
        if self._chunked:
            chunk = b"%x\r\n%s\r\n" % (len(chunk), chunk)
        sent = self.sock.write(chunk) or 0
        if sent < len(chunk):
            share.belong(stream.function)
            share.keep(len(chunk))
            try:
                await self.send(chunk, sent)
            finally:
                share.keep(0)

    async def awrite(self, data):
        """Sends bytes, as microdot's streams do."""
        await self.send(data)
