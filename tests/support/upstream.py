"""What a function fetches from: a server that sends just the bytes that it is told to."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any


class Upstream:
    """Calls `serve(connection, request)` for each request, whose bytes it has read, until the connection ends.

    `serve` returns True where another request may follow. connections: how many came so far, closed: how many of them
    it has closed. requests: all of them.
    """

    def __init__(
        self, serve: Callable[[socket.socket, bytes], bool | None], context: ssl.SSLContext | None = None
    ) -> None:
        self.connections = self.closed = 0
        self.requests: list[bytes] = []
        self._serve = serve
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._talk, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            try:
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                    self._open.append(connection)
                while request := self._read(connection):
                    self.requests.append(request)
                    if not self._serve(connection, request):
                        break
            finally:
                connection.close()
                self.closed += 1

    def _read(self, connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return b""
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length: "):
                while len(body) < int(line[16:]):
                    body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def __enter__(self) -> "Upstream":
        self._threads[0].start()
        return self

    def __exit__(self, *exc: Any) -> None:
        for one in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()


def response(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Make a response; underscores in header names stand for hyphens."""
    headers = {"content_length": str(len(body)), **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
