"""What a function fetches from: a server that sends just the bytes that it is told to."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any


class Upstream:
    """Calls `serve(connection, request)` for each request, whose bytes it has read, until the connection ends.

    `serve` returns True where another request may follow; with `heads` it reads what is behind a request's head itself.
    connections: how many came so far, closed: how many of them it has closed. requests: all of them; of one that came
    chunked the body is as if it had not.
    """

    def __init__(
        self,
        serve: Callable[[socket.socket, bytes], bool | None],
        context: ssl.SSLContext | None = None,
        heads: bool = False,
    ) -> None:
        self.connections = self.closed = 0
        self.requests: list[bytes] = []
        self._serve = serve
        self._context = context
        self._heads = heads
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
        with contextlib.suppress(OSError, EOFError):
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
        if self._heads:
            return data
        head, _, body = data.partition(b"\r\n\r\n")
        if b"\r\ntransfer-encoding: chunked\r\n" in head.lower() + b"\r\n":
            body = b"".join(chunks(connection, body))
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length: "):
                while len(body) < int(line[16:]):
                    body += _more(connection)
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


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise EOFError
    return part


def chunks(connection: socket.socket, data: bytes = b"") -> Iterator[bytes]:
    """Yield the chunks of a request's body, of which `data` has come. EOFError where it breaks off."""
    while True:
        while b"\r\n" not in data:
            data += _more(connection)
        size, _, data = data.partition(b"\r\n")
        while len(data) < int(size, 16) + 2:
            data += _more(connection)
        assert data[int(size, 16) :].startswith(b"\r\n")
        if not int(size, 16):
            return
        yield data[: int(size, 16)]
        data = data[int(size, 16) + 2 :]


def response(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Make a response; underscores in header names stand for hyphens."""
    headers = {"content_length": str(len(body)), **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
