"""An HTTP client for functions: what they may reach, within limits of time and size."""

import asyncio
import sys

from edgelet.outbound import addresses, policy
from edgelet.outbound.connection import Failed, open_connection, reason
from edgelet.outbound.exchange import Exchange, Stale
from edgelet.outbound.response import Malformed

_LINUX = sys.platform == "linux"
_CONNECTIONS = 256 if _LINUX else 2  # in use at a time
_IDLE = 16 if _LINUX else 0  # that wait for another request
_IDLE_MS = 5000
_HELD_BYTES = 32 << 20 if _LINUX else 24 << 10  # of all bodies that arrive
# RFC 9110 section 9.2.2: may be sent again.
_REPEATABLE = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")


class _Room:
    """What the body of one response takes of the memory for all of them."""

    def __init__(self, client):
        self._client = client
        self._size = 0

    def hold(self, size):
        """It takes so many bytes. Raises Failed where there are none."""
        if self._client.held + size - self._size > _HELD_BYTES and size > self._size:
            raise Failed("the device has no memory for the response")
        self._client.held += size - self._size
        self._size = size


class Client:
    """What the functions of a device send. resolver: `edgelet.outbound.resolver.Resolver`."""

    def __init__(self, resolver):
        self.held = 0  # bytes of bodies that arrive
        self._resolver = resolver
        self._roots = None
        self._idle = []  # connections, that of the longest wait first
        self._open = 0  # connections in use
        self._ended = asyncio.Event()
        self._sweeping = None

    async def fetch(self, limits, allow, request):
        """[status, reason, header lines, body]: the response to an `exchange.Request`; the body is None for none.

        limits: fetch_ms, fetch_bytes. allow: what may be reached (`edgelet.outbound.policy`). Raises ValueError with
        what a person should know.
        """
        try:
            policy.check_host(allow, request.host, request.port, request.shown)
            return await asyncio.wait_for_ms(self._fetch(limits, allow, request), limits["fetch_ms"])
        except policy.Refused as e:
            raise ValueError("fetch: %s" % e) from None
        except asyncio.TimeoutError:
            text = "no response within %d ms (fetch_ms)" % limits["fetch_ms"]
        except (Failed, Malformed, Stale, ValueError) as e:
            text = str(e)
        except EOFError:
            text = "the response is cut off"
        except OSError as e:
            text = reason(e)
        raise ValueError("fetch: %s: %s" % (request.shown, text))

    async def _fetch(self, limits, allow, request):
        while self._open >= _CONNECTIONS:
            self._ended.clear()
            await self._ended.wait()
        self._open += 1
        try:
            found = await self._look_up(allow, request)
            connection = self._take_idle(request, found)
            if connection:
                try:
                    return await self._exchange(connection, limits, request)
                except Stale:
                    if request.method not in _REPEATABLE:
                        raise
            return await self._exchange(await self._connect(request, found), limits, request)
        finally:
            self._open -= 1
            self._ended.set()

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

    async def _connect(self, request, found):
        texts = [addresses.text(address) for address in found]
        connection = await open_connection(request.secure, request.host, request.port, found, texts)
        if request.secure:
            try:
                connection.begin_tls(await self._context())
            except BaseException:
                connection.close()
                raise
        return connection

    async def _context(self):
        if self._roots is None:
            if not _LINUX:
                raise Failed("boards do not speak https: use http, or a gateway")
            from edgelet.outbound.roots import Roots

            self._roots = Roots()
        return await self._roots.context()

    async def _exchange(self, connection, limits, request):
        room = _Room(self)
        exchange = Exchange(connection, request, limits["fetch_bytes"], room)
        try:
            return await exchange.run()
        finally:
            room.hold(0)
            if exchange.persistent and _IDLE:
                self._put_idle(connection)
            else:
                connection.close()

    def _take_idle(self, request, found):
        """An idle connection to where a request goes, or None."""
        for connection in list(self._idle):
            wanted = (request.secure, request.host, request.port)
            if (connection.secure, connection.host, connection.port) == wanted and connection.address in found:
                self._idle.remove(connection)
                if connection.is_silent:
                    return connection
                connection.close()
        return None

    def _put_idle(self, connection):
        connection.rest()
        self._idle.append(connection)
        if len(self._idle) > _IDLE:
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
