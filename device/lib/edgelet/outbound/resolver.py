"""Names of hosts to addresses, asked of name servers without anybody waiting who did not ask."""

import asyncio
import errno
import os
import socket
import struct
import sys
from hashlib import sha256

from edgelet import clock
from edgelet.outbound import addresses
from micropython import const

_LINUX = sys.platform == "linux"
# Linux's files, see resolv.conf(5) and hosts(5).
_CONFIGURATION = const("/etc/resolv.conf")
_HOSTS = const("/etc/hosts")
_MOST_SERVERS = const(3)

_PORT = const(53)
_MESSAGE_BYTES = const(512)  # RFC 1035 section 4.2.1: of UDP
_STREAM_BYTES = const(4096)  # of a message that comes by TCP
_TIMEOUTS_MS = (1500, 3000)  # for each server, in each round
_CACHE_WAYS = const(8)  # names that compete with each other for a place in the cache
_CACHE_SETS = 32 if _LINUX else 1
_CACHE_S = const(3600)  # at most
_MOST_ADDRESSES = 8 if _LINUX else 4  # of a name
_DIGEST = const(12)  # bytes kept of a name: equal ones are found by accident only
_PLACE = const("!IBB")  # seconds of the clock up to which it holds, count of addresses, bytes of each
_ADDRESSES_AT = const(_DIGEST + 6)
_PLACE_BYTES = _ADDRESSES_AT + _MOST_ADDRESSES * (16 if _LINUX else 4)
_DYNAMIC_PORT = const(49152)  # RFC 6335 section 6: from here on
_BINDS = const(8)  # ports that are tried

_ANY = {socket.AF_INET: "0.0.0.0"}
if _LINUX:
    _ANY[socket.AF_INET6] = "::"


class Cache:
    """Addresses of names, for as long as they hold.

    A board's heap has few places that stay free, so all of it is one piece, made at the start.
    """

    def __init__(self):
        self._places = bytearray(_CACHE_SETS * _CACHE_WAYS * _PLACE_BYTES)

    def find(self, name):
        """The addresses of a name, None where they are not known or hold no more."""
        digest = _digest(name)
        at = self._place_of(digest)
        until, count, size = struct.unpack_from(_PLACE, self._places, at + _DIGEST)
        if self._places[at : at + _DIGEST] != digest or _now_s() >= until:
            return None
        at += _ADDRESSES_AT
        return [bytes(self._places[at + i * size : at + (i + 1) * size]) for i in range(count)]

    def keep(self, name, found, seconds):
        """Keeps what was found, at most `_MOST_ADDRESSES`, in the place of what holds for the shortest time."""
        digest = _digest(name)
        at = self._place_of(digest)
        self._places[at : at + _DIGEST] = digest
        struct.pack_into(
            _PLACE, self._places, at + _DIGEST, _now_s() + min(seconds, _CACHE_S), len(found), len(found[0])
        )
        at += _ADDRESSES_AT
        for address in found:
            self._places[at : at + len(address)] = address
            at += len(address)

    def _place_of(self, digest):
        """Where a name is, or else may be put."""
        places = self._places
        first = digest[0] % _CACHE_SETS * _CACHE_WAYS * _PLACE_BYTES
        soonest = first
        for at in range(first, first + _CACHE_WAYS * _PLACE_BYTES, _PLACE_BYTES):
            if places[at : at + _DIGEST] == digest:
                return at
            if self._until(at) < self._until(soonest):
                soonest = at
        return soonest

    def _until(self, at):
        return struct.unpack_from("!I", self._places, at + _DIGEST)[0]


def _digest(name):
    return sha256(name.encode()).digest()[:_DIGEST]


def _now_s():
    return clock.uptime_ms() // 1000


class Resolver:
    """Looks up names. Failures are an OSError whose text says what a person should know.

    servers: function without arguments -> the texts of the addresses of name servers, as they are now.
    hosts: file of names and addresses that come first, "" for none. port: of the servers.
    """

    def __init__(self, servers, hosts="", port=_PORT):
        self._servers = servers
        self._hosts = hosts
        self._port = port
        self.own = ()  # the device's own names
        self._cache = Cache()

    async def lookup(self, name):
        """The addresses of a name or of the text of an address (bytes, see `edgelet.outbound.addresses`); one at least.

        ValueError where it is no host name.
        """
        literal = addresses.parse(name)
        if literal:
            return [literal]
        name = name.lower()
        if name[-1:] == ".":
            name = name[:-1]
        if name == "localhost" or name.endswith(".localhost") or name in self.own:
            return [b"\x7f\0\0\1"]  # RFC 6761 section 6.3
        found = self._hosts and _in_hosts(self._hosts, name)
        if found:
            return found
        found = self._cache.find(name)
        if found:
            return found
        found, seconds = await self._ask(name)
        found = found[:_MOST_ADDRESSES]
        if seconds:
            self._cache.keep(name, found, seconds)
        return found

    async def _ask(self, name):
        servers = self._servers()
        if not servers:
            raise OSError("no name server is known")
        from edgelet.outbound import dns  # here: a board that has no name server has the RAM for something else

        for kind in (dns.A, dns.AAAA) if _LINUX else (dns.A,):
            found, seconds = await self._ask_for(servers, name, kind)
            if found:
                return found, seconds
        raise OSError("there is no address for this name")

    async def _ask_for(self, servers, name, kind):
        from edgelet.outbound import dns

        refused = False
        for timeout_ms in _TIMEOUTS_MS:
            for server in servers:
                asked = dns.question(struct.unpack("!H", os.urandom(2))[0], name, kind)
                try:
                    code, _, found, seconds = await asyncio.wait_for_ms(self._exchange(server, asked), timeout_ms)
                except (OSError, asyncio.TimeoutError):
                    continue
                if code == dns.NO_NAME:
                    raise OSError("there is no such name")
                if code == dns.NO_ERROR:
                    return found, seconds
                refused = True
        raise OSError("the name servers cannot tell" if refused else "no name server answers")

    async def _exchange(self, server, asked):
        """A server's answer. OSError where it has none."""
        sock = _open(server, self._port)
        try:
            sock.send(asked)
            while True:
                await _readable(sock)
                answer = _answer(sock.recv(_MESSAGE_BYTES), asked)
                if answer:
                    break
        finally:
            sock.close()
        # What was cut short and has addresses has enough of them.
        if answer[1] and not answer[2]:
            return await self._exchange_by_stream(server, asked)
        return answer

    async def _exchange_by_stream(self, server, asked):
        reader, writer = await asyncio.open_connection(server, self._port)
        try:
            writer.write(struct.pack("!H", len(asked)) + asked)
            await writer.drain()
            size = struct.unpack("!H", await reader.readexactly(2))[0]
            answer = _answer(await reader.readexactly(size), asked) if size <= _STREAM_BYTES else None
        except EOFError:
            answer = None
        finally:
            writer.close()
        if answer is None:
            raise OSError(errno.EINVAL)
        return answer


def _answer(message, asked):
    """The answer in a message, None where it is none: somebody else's, or a liar's."""
    from edgelet.outbound import dns

    try:
        return dns.answer(message, asked)
    except ValueError:
        return None


def _readable(sock):
    yield asyncio.core._io_queue.queue_read(sock)


def _open(server, port):
    """A socket that hears that server only, on a port that nobody can guess."""
    family, _, _, _, address = socket.getaddrinfo(server, port)[0]
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        for attempt in range(_BINDS):
            ours = _DYNAMIC_PORT + (struct.unpack("!H", os.urandom(2))[0] & 0x3FFF)
            try:
                sock.bind(socket.getaddrinfo(_ANY[family], ours)[0][-1])
                break
            except OSError:
                if attempt == _BINDS - 1:
                    raise
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def _lines(path):
    """Yields the words of each line of a file of Linux's configuration."""
    try:
        with open(path) as file:
            for line in file:
                words = line.split("#")[0].split()
                if words:
                    yield words
    except (OSError, UnicodeError):
        pass


def configured_servers(path=_CONFIGURATION):
    """The name servers of Linux's configuration."""
    found = [words[1] for words in _lines(path) if words[0] == "nameserver" and len(words) > 1]
    return [server for server in found if addresses.parse(server)][:_MOST_SERVERS] or ["127.0.0.1"]


def _in_hosts(path, name):
    """The addresses of a name in a file as /etc/hosts."""
    found = []
    for words in _lines(path):
        if name in [word.lower() for word in words[1:]]:
            address = addresses.parse(words[0])
            if address:
                found.append(address)
    return found


def of_linux():
    """A resolver with Linux's own configuration."""
    return Resolver(configured_servers, _HOSTS)
