"""Connections to other servers, with and without TLS."""

import errno
import io
import socket
import sys
import time
from asyncio import core

from micropython import const

_LINUX = sys.platform == "linux"
_READ_SIZE = 16384 if _LINUX else 1024  # bytes of a buffer
_LEAST_READ = const(512)
_WRITE_SIZE = const(16384)
_TRIED = const(3)  # addresses of a name
_EISCONN = const(106)  # as all ports have it
_TCP, _NO_DELAY = 6, 1  # Linux's


class Failed(Exception):
    """The other server cannot be reached, or does not do what it should; the text says why."""


class _Carrier(io.IOBase):
    """What TLS reads from and writes to.

    ended: whether the other side's end came without TLS having said so. Of its own, MicroPython's TLS tells nobody, and
    who is between could cut a response short. waits: whether TLS wanted more than has come. is_full: whether it had
    more to send than the socket took.
    """

    def __init__(self, sock):
        self.ended = self.waits = self.is_full = False
        self._sock = sock

    def readinto(self, buffer):
        n = self._sock.readinto(buffer)
        self.ended = n == 0
        self.waits = n is None
        return n

    def write(self, data):
        n = self._sock.write(data)
        self.is_full = n is None
        return n

    def ioctl(self, request, argument):
        return 0


class Connection:
    """A connection that is open.

    secure, host, port, address: what it leads to. is_established: whether data can be sent, with TLS after its
    handshake. What has arrived and is not consumed is buffer[start:end].
    """

    def __init__(self, sock, secure, host, port, address):
        self.secure = secure
        self.host = host
        self.port = port
        self.address = address
        self.roots = None  # who was trusted
        self.used = False  # whether it has brought a response
        self._since = 0  # time.ticks_ms() since when it is idle
        self._sock = sock
        self._carrier = None
        self._has_ended = False  # TLS has said so, behind what was read last
        self._stream = sock
        self.is_established = not secure
        self._waiting = []  # tasks that wait for the socket
        self._is_closed = False
        self.buffer = bytearray(_READ_SIZE)
        self.start = self.end = 0

    def begin_tls(self, context):
        """Speaks TLS from here on, with a `tls.SSLContext`; the first write shakes hands."""
        name = self.host[1:-1] if self.host[:1] == "[" else self.host
        self._carrier = _Carrier(self._sock)
        self._stream = context.wrap_socket(self._carrier, server_hostname=name, do_handshake_on_connect=False)

    async def write(self, data):
        """Sends all of it. OSError, or ValueError where a certificate does not hold."""
        data = memoryview(data)
        at = 0
        carrier = self._carrier
        while at < len(data):
            if not self.is_established:
                carrier.waits = carrier.is_full = False
            n = self._stream.write(data[at : at + _WRITE_SIZE])
            if n:
                self.is_established = True
                at += n
            elif self.is_established or carrier.is_full:
                await self._ready(core._io_queue.queue_write)
            elif carrier.waits:
                await self._ready(core._io_queue.queue_read)  # the other side's part of the handshake
            else:
                await core.sleep_ms(0)  # a slice of our part is computed: see tls_handshake.c
                self._check_open()

    async def fill(self):
        """Reads what arrives behind `end`: its size, 0 at the end of the connection. OSError."""
        if self.start == self.end:
            self.start = self.end = 0
        if len(self.buffer) - self.end < _LEAST_READ:
            rest = self.buffer[self.start : self.end]
            self.buffer = bytearray(max(_READ_SIZE, 2 * len(rest)))
            self.buffer[: len(rest)] = rest
            self.start, self.end = 0, len(rest)
        view = memoryview(self.buffer)[self.end :]
        while True:
            n = 0 if self._has_ended else self._stream.readinto(view)
            if n is not None:
                carrier = self._carrier
                if n == 0 and carrier and carrier.ended:
                    raise OSError(errno.ECONNRESET)
                # MicroPython reads on until the buffer is full and tells not what stopped it; its TLS forgets the end.
                self._has_ended = bool(carrier) and n < len(view) and not carrier.waits
                self.end += n
                return n
            await self._ready(core._io_queue.queue_read)

    def _ready(self, queue):
        """Waits until the socket can be read or written. OSError where somebody closes the connection meanwhile."""
        task = core.cur_task
        self._waiting.append(task)
        try:
            yield queue(self._sock)
        finally:
            self._waiting.remove(task)
        self._check_open()

    def _check_open(self):
        if self._is_closed:
            raise OSError(errno.ECONNABORTED)

    def rest(self):
        """It is idle from now on."""
        self.used = True
        self._since = time.ticks_ms()

    def idle_ms(self):
        """How long it has been idle."""
        return time.ticks_diff(time.ticks_ms(), self._since)

    @property
    def is_silent(self):
        """Whether an idle connection may be used again: nothing has come, not even its end."""
        try:
            return self.start == self.end and not self._has_ended and self._stream.read(1) is None
        except OSError:
            return False

    def close(self):
        """Ends it as it is; a task that waits for it goes on with an error. May be called again.

        Left where it is, the task would stand in the way of the next socket with the same descriptor, whosever that is.
        """
        self._is_closed = True
        for waiting in self._waiting:
            # One that is cancelled, or whose socket has become ready, has its turn already.
            if waiting.data is core._io_queue:
                core._io_queue.remove(waiting)
                core._task_queue.push(waiting)
        if self._stream is not self._sock:
            self._stream.close()
        self._sock.close()


def _writable(sock):
    yield core._io_queue.queue_write(sock)


async def open_connection(secure, host, port, found, texts):
    """A Connection, without TLS yet, to the first of the addresses `found`, whose texts are `texts`, that answers."""
    error = None
    for i in range(min(len(found), _TRIED)):
        try:
            sock = await _connect(texts[i], port)
            return Connection(sock, secure, host, port, found[i])
        except OSError as e:
            error = e
    raise Failed(reason(error))


async def _connect(text, port):
    family, _, _, _, address = socket.getaddrinfo(text, port)[0]
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if _LINUX:
            sock.setsockopt(_TCP, _NO_DELAY, 1)  # each part of a handshake would wait for an acknowledgement
        try:
            sock.connect(address)
        except OSError as e:
            if e.errno != errno.EINPROGRESS:
                raise
        await _writable(sock)
        # What has become of it: a second connect() tells.
        try:
            sock.connect(address)
        except OSError as e:
            if e.errno == errno.EBADF:
                _tell_why(sock)
            if e.errno != _EISCONN:
                raise
    except BaseException:
        sock.close()
        raise
    return sock


def _tell_why(sock):
    """OSError: why MicroPython's lwIP has given up a socket that was to be connected."""
    try:
        sock.send(b"")
    except OSError as e:
        raise OSError(errno.ECONNREFUSED if e.errno == errno.ECONNRESET else e.errno)


def reason(error):
    """What an OSError of a connection means to a person."""
    texts = {
        errno.ECONNREFUSED: "connection refused",
        errno.ECONNRESET: "it ended the connection",
        errno.EHOSTUNREACH: "there is no way to it",
        errno.ETIMEDOUT: "it does not answer",
        32: "it ended the connection",  # EPIPE
        101: "there is no way to it",  # ENETUNREACH
        -1: "there is no way to it",  # lwIP's ERR_IF: there is no link
        -0x7280: "it ended the connection",  # mbedTLS' MBEDTLS_ERR_SSL_CONN_EOF: during the handshake
    }
    number = error.errno
    if number in texts:
        return texts[number]
    return "the connection failed (%s)" % (error.args[1] if len(error.args) > 1 else number)
