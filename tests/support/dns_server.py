"""A name server that is played: a real one by UDP and TCP, which answers as it is told."""

import errno
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterable
from typing import Any

A, CNAME, AAAA = 1, 5, 28
ASKED = b"\xc0\x0c"  # the name of the question


def name(text: str) -> bytes:
    """Encode a name."""
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


def record(owner: bytes, kind: int, data: bytes, ttl: int = 60) -> bytes:
    """Make a resource record of class IN."""
    return owner + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def a(address: str, owner: bytes = ASKED, ttl: int = 60) -> bytes:
    """Make an A record."""
    return record(owner, A, socket.inet_aton(address), ttl)


def answer(question: bytes, *records: bytes, code: int = 0, flags: int = 0x8180) -> bytes:
    """Answer a question; 0x0200 in the flags says that the answer is cut short."""
    return question[:2] + struct.pack("!HHHHH", flags | code, 1, len(records), 0, 0) + question[12:] + b"".join(records)


def asked_name(question: bytes) -> str:
    """Give the name that a question is about."""
    parts, at = [], 12
    while question[at]:
        parts.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(parts)


def asked_kind(question: bytes) -> int:
    """Give the type of record that a question is about."""
    return int.from_bytes(question[-4:-2])


def _on_one_port(
    tcp: type[socketserver.BaseRequestHandler], udp: type[socketserver.BaseRequestHandler]
) -> tuple[socketserver.TCPServer, socketserver.UDPServer]:
    """Make both servers at a port that the system gives by TCP, and nobody has by UDP."""
    while True:
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), tcp)
        try:
            return server, socketserver.UDPServer(server.server_address, udp)
        except OSError as e:
            server.server_close()
            if e.errno != errno.EADDRINUSE:
                raise


class DnsServer:
    """Answers by UDP with the messages that `udp(question)` returns, by TCP with those of `tcp(question)`."""

    def __init__(
        self, udp: Callable[[bytes], Iterable[bytes]], tcp: Callable[[bytes], Iterable[bytes]] = lambda question: []
    ) -> None:
        self.questions: list[bytes] = []
        self.ports: list[int] = []

        class Udp(socketserver.BaseRequestHandler):
            def handle(handler) -> None:  # noqa: N805 - `self` is the server
                question, sock = handler.request
                self.questions.append(question)
                self.ports.append(handler.client_address[1])
                for message in udp(question):
                    sock.sendto(message, handler.client_address)

        class Tcp(socketserver.StreamRequestHandler):
            def handle(handler) -> None:  # noqa: N805
                size = int.from_bytes(handler.rfile.read(2))
                for message in tcp(handler.rfile.read(size)):
                    handler.wfile.write(struct.pack("!H", len(message)) + message)

        self._tcp, self._udp = _on_one_port(Tcp, Udp)
        self.port = self._tcp.server_address[1]
        self._threads = [threading.Thread(target=one.serve_forever, args=(0.01,)) for one in (self._udp, self._tcp)]

    def __enter__(self) -> "DnsServer":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: Any) -> None:
        for server in (self._udp, self._tcp):
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
