"""An HTTP client for functions: what they may reach, within limits of time and size."""

import asyncio
import sys

from edgelet.outbound import addresses, policy
from edgelet.outbound.connection import Failed, open_connection, reason
from edgelet.outbound.exchange import Exchange, Stale
from edgelet.outbound.response import Malformed
from micropython import const

try:
    import tls as _tls
except ImportError:
    _tls = None

_LINUX = sys.platform == "linux"
_connections = 256 if _LINUX else 2  # in use at a time
_idle = 16 if _LINUX else 0  # that wait for another request
_IDLE_MS = const(5000)
_held_bytes = 32 << 20 if _LINUX else 24 << 10  # of all bodies that arrive
_WHOLE = 16384 if _LINUX else 2048  # bytes of a body that is waited for
# RFC 9110 section 9.2.2: may be sent again.
_REPEATABLE = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")


def share(count):
    """Leaves this process its part of what the device has, as one of so many."""
    global _connections, _idle, _held_bytes
    _connections, _idle, _held_bytes = [max(most // count, 1) for most in (_connections, _idle, _held_bytes)]


class _Room:
    """What the body of one response takes of the memory for all of them."""

    def __init__(self, client):
        self._client = client
        self._size = 0

    def hold(self, size):
        """It takes so many bytes. Raises Failed where there are none."""
        if self._client.held + size - self._size > _held_bytes and size > self._size:
            raise Failed("the device has no memory for the response")
        self._client.held += size - self._size
        self._size = size


async def _watch(task, upload, ms):
    """Ends a task when the other server has let an `Upload` wait for so long."""
    while upload.idle_ms() < ms:
        await asyncio.sleep_ms(ms - upload.idle_ms())
    upload.close("the other server takes too long (fetch_ms)")
    task.cancel()


async def _within(work, ms, upload):
    """What a coroutine gives; the time that the handler takes to go on with an `Upload` does not count."""
    upload.watch()
    watch = asyncio.create_task(_watch(asyncio.current_task(), upload, ms))
    try:
        return await work
    except asyncio.CancelledError:
        if watch.done():
            raise asyncio.TimeoutError from None
        raise
    finally:
        watch.cancel()


async def explained(work, limits, request):
    """What a coroutine gives within `fetch_ms`. Raises ValueError with what a person should know of its failure."""
    ms = limits["fetch_ms"]
    try:
        return await (_within(work, ms, request.upload) if request.upload else asyncio.wait_for_ms(work, ms))
    except policy.Refused as e:
        raise ValueError("fetch: %s" % e) from None
    except asyncio.TimeoutError:
        text = "no response within %d ms (fetch_ms)" % ms
    except (Failed, Malformed, Stale, ValueError) as e:
        # mbedTLS has lines of its own for each thing that is wrong with a certificate.
        text = "; ".join([line for line in str(e).split("\n") if line])
    except EOFError:
        text = "the response is cut off"
    except OSError as e:
        text = reason(e)
    raise ValueError("fetch: %s: %s" % (request.shown, text))


class Response:
    """A response whose head has come. status, reason, lines: see `edgelet.outbound.response.Head`.

    body: bytes; None where there is none, or where it is still to be read. is_open: which of both. unpacks_gzip: see
    `exchange.Exchange`.
    """

    def __init__(self, client, connection, limits, request):
        self.body = None
        self.is_open = False
        self._client = client
        self._connection = connection
        self._limits = limits
        self._request = request
        self._room = _Room(client)
        self._exchange = Exchange(connection, request, limits["fetch_bytes"], self._room)

    async def begin(self):
        """Sends the request, and reads the response's head; its body, too, where that is short."""
        exchange = self._exchange
        await exchange.begin()
        self.status, self.reason, self.lines = exchange.head.status, exchange.head.reason, exchange.lines
        self.unpacks_gzip = exchange.unpacks_gzip
        # What is handed on as it comes is not unpacked before.
        if self.unpacks_gzip or exchange.length is None or exchange.length > _WHOLE:
            self.is_open = True
            return
        if exchange.has_body:
            self.body = await exchange.read_all()
        self.close()

    @property
    def length(self):
        """Bytes of a body that is open and of which nothing was read; None where nobody knows."""
        return self._exchange.length_read

    async def read(self):
        """The next bytes of a body that is open; None at its end. Raises ValueError as `Client.fetch` does."""
        part = None
        try:
            if self._connection:
                part = await explained(self._exchange.read(), self._limits, self._request)
        except ValueError:
            self.close()
            raise
        if part is None:
            self.close()
        return part

    def keep_encoded(self):
        """As `exchange.Exchange.keep_encoded`, of a body that is open."""
        self._exchange.keep_encoded()

    def close(self):
        """Nobody wants more of it. May be called again."""
        connection, self._connection = self._connection, None
        if connection:
            self._exchange.stop_sending()
            self._room.hold(0)
            self._client.release(connection, self._exchange.persistent)
            if self.is_open:
                self._client.have_ended()


class Client:
    """What the functions of a device send. resolver: `edgelet.outbound.resolver.Resolver`.

    read_roots(): the certificates that the device's owner names, DER one after the other; b"" for none.
    """

    def __init__(self, resolver, read_roots):
        self.held = 0  # bytes of bodies that arrive
        self._resolver = resolver
        self._read_roots = read_roots
        self._roots = None  # whom those trust who name nobody
        self._idle = []  # connections, that of the longest wait first
        self._open = 0  # connections in use
        self._ended = asyncio.Event()
        self._sweeping = None

    async def fetch(self, limits, allow, roots, request, inside):
        """The `Response` to an `exchange.Request`.

        limits: fetch_ms, fetch_bytes. allow: what may be reached (`edgelet.outbound.policy`). roots: who is trusted
        over https (`edgelet.outbound.roots`), None for whom the computer trusts. inside(found): what gives the response
        without a connection where these addresses are the device's own, else None. Raises ValueError with what a person
        should know.
        """
        try:
            policy.check_host(allow, request.host, request.port, request.shown)
        except policy.Refused as e:
            raise ValueError("fetch: %s" % e) from None
        return await explained(self._fetch(limits, allow, roots, request, inside), limits, request)

    async def _fetch(self, limits, allow, roots, request, inside):
        while self._open >= _connections:
            self._ended.clear()
            await self._ended.wait()
        self._open += 1
        response = None
        try:
            found = await self._look_up(allow, request)
            answer = inside(found)
            if answer is None:
                response = await self._ask(found, roots, limits, request)
                return response
        finally:
            if response is None or not response.is_open:
                self.have_ended()
        request.response = await answer
        return request.response

    async def _ask(self, found, roots, limits, request):
        # What is sent as it comes cannot be sent again where an idle connection has ended.
        connection = None if request.upload else self._take_idle(request, found, roots)
        if connection:
            try:
                return await self._begin(connection, limits, request)
            except Stale:
                if request.method not in _REPEATABLE:
                    raise
        return await self._begin(await self._connect(request, found, roots), limits, request)

    async def _begin(self, connection, limits, request):
        response = Response(self, connection, limits, request)
        try:
            await response.begin()
        except BaseException:
            response.close()
            raise
        request.response = response
        return response

    async def _look_up(self, allow, request):
        """The addresses that may be reached."""
        literal = policy.literal(request.host)
        try:
            found = [literal] if literal else await self._resolver.lookup(request.host)
        except OSError as e:
            raise Failed(str(e)) from None
        allowed = []
        refusal = None
        for address in found:
            try:
                policy.check_address(allow, request.host, address, request.port)
                allowed.append(address)
            except policy.Refused as e:
                refusal = e
        if not allowed:
            raise refusal
        return allowed

    async def _connect(self, request, found, roots):
        texts = [addresses.text(address) for address in found]
        connection = await open_connection(request.secure, request.host, request.port, found, texts)
        if request.secure:
            try:
                connection.begin_tls(await self._context(roots))
                connection.roots = roots
            except BaseException:
                connection.close()
                raise
        return connection

    async def _context(self, roots):
        if _tls is None:
            raise Failed("this board does not speak https: use http, or a gateway")
        if roots is None:
            if self._roots is None:
                self._roots = self._default_roots()
            roots = self._roots
        return await roots.context()

    def _default_roots(self):
        from edgelet.outbound.roots import Named, System  # here: who speaks http only has the RAM for something else

        if self._read_roots():
            return Named(self._read_roots, "edgelet setup --roots")
        if not _LINUX:
            raise Failed("a board trusts nobody but [fetch] roots of edgelet.toml, or those of edgelet setup --roots")
        return System()

    def release(self, connection, is_persistent):
        """A response has been read, or nobody wants it."""
        if is_persistent and _idle:
            self._put_idle(connection)
        else:
            connection.close()

    def have_ended(self):
        """A connection is in use no more."""
        self._open -= 1
        self._ended.set()

    def _take_idle(self, request, found, roots):
        """An idle connection to where a request goes, or None."""
        for connection in list(self._idle):
            wanted = (request.secure, request.host, request.port)
            fits = (connection.secure, connection.host, connection.port) == wanted and connection.address in found
            if fits and (connection.roots is roots or not request.secure):
                self._idle.remove(connection)
                if connection.is_silent:
                    return connection
                connection.close()
        return None

    def _put_idle(self, connection):
        connection.rest()
        self._idle.append(connection)
        if len(self._idle) > _idle:
            self._idle.pop(0).close()
        if self._sweeping is None:
            self._sweeping = asyncio.create_task(self._sweep())

    async def _sweep(self):
        """Ends connections that have been idle too long, as long as there are any."""
        while self._idle:
            await asyncio.sleep_ms(_IDLE_MS // 4)
            while self._idle and self._idle[0].idle_ms() > _IDLE_MS:
                self._idle.pop(0).close()
        self._sweeping = None
