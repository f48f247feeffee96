"""What the handlers of tests/workers fetch from."""

import gzip
import json
import socket
import threading
from urllib.parse import unquote

from upstream import response

# Those that servers add to requests of their own accord, each in its way.
_CLIENTS_OWN = {"accept-encoding", "connection", "content-length", "host", "transfer-encoding", "user-agent"}

# "hello there", in a block that is not compressed (RFC 7932, section 9.2).
_BROTLI = b"\x0b\x05\x80hello there\x03"

_notes: dict[str, list[str]] = {}
_noted = threading.Condition()


def _echo(method: str, target: str, lines: list[str], body: bytes) -> bytes:
    fields = [line.split(": ", 1) for line in lines]
    headers = sorted((name.lower(), value) for name, value in fields if name.lower() not in _CLIENTS_OWN)
    told = {"method": method, "target": target, "headers": headers, "body": body.decode("latin-1")}
    return response(json.dumps(told).encode(), content_type="application/json")


def _status(number: int) -> bytes:
    body = b"" if number in (204, 304) else f"status {number}".encode()
    return response(body, f"{number} Some Reason")


def _note(key: str, body: bytes) -> bytes:
    with _noted:
        _notes.setdefault(key, []).append(body.decode())
        _noted.notify_all()
    return response(b"noted")


def _wait(key: str) -> bytes:
    """Answer once there is a note, and take it: workerd and the device have one each."""
    with _noted:
        _noted.wait_for(lambda: _notes.get(key))
        return response(_notes[key].pop().encode())


def _answer(method: str, target: str, lines: list[str], body: bytes) -> bytes | None:
    path, _, query = target.partition("?")
    match path.split("/")[1:]:
        case ["echo"]:
            return _echo(method, target, lines, body)
        case ["method"]:
            return response(f"{method} {body.decode()}".encode())
        case ["json"]:
            return response(b'{"list": [1, "\xc3\xbc", null]}', content_type="application/json")
        case ["status", number]:
            return _status(int(number))
        case ["redirect"]:
            status, _, place = query.removeprefix("status=").partition("&to=")
            return response(b"elsewhere", f"{status} Elsewhere", location=unquote(place))
        case ["loop"]:
            return response(b"", "302 Again", location="/loop")
        case ["cookies"]:
            return response(b"sweet", x_multi="1\r\nX-Multi: 2", set_cookie="a=1; Path=/\r\nSet-Cookie: b=2")
        case ["gzip"]:
            return response(gzip.compress(b"unpacked"), content_encoding="gzip")
        case ["gzip", "large"]:
            return response(gzip.compress(b"unpacked " * 100_000), content_encoding="gzip")
        case ["gzip", "none"]:
            return response(b"not packed at all", content_encoding="gzip")
        case ["br"]:
            return response(_BROTLI, content_encoding="br")
        case ["chunks"]:
            return (
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-a: b\r\n\r\n6\r\nfirst \r\n3\r\nend\r\n0\r\n\r\n"
            )
        case ["note"]:
            return _note(query, body)
        case ["wait"]:
            return _wait(query)
        case _:
            return None


def serve(connection: socket.socket, request: bytes) -> bool:
    """For `Upstream`: a path for each thing that handlers ask for; any other gets no answer."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    answer = _answer(method, target, lines, body)
    if answer is None:
        connection.recv(1)  # until the client goes
        return False
    if method == "HEAD":
        answer = answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    connection.sendall(answer)
    return True
