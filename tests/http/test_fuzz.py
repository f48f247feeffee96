"""Mutated requests against the real server, and hours of use in short: no crash, no hang, no leak, no wrong answer."""

import random
import re
import select
import socket

import pytest
from http_helpers import GET, HttpApp

LIMITS = {"url": 300, "head": 2000, "body": 5000}

SEEDS = [
    GET,
    b"GET /f/echo?a=b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /f/wait?0 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: v\r\n\r\n",
    b"GET http://b.example:8080/m/echo?x=1 HTTP/1.1\r\nHost: a\r\nCookie: c=d; e=f\r\nAccept: */*\r\n\r\n",
    b"POST /m/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 7\r\n\r\na=1&b=2",
    b"HEAD /f/stream?2 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /f/stream?2 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"PUT /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
]

PIECES = [
    *(b"\n", b"\r", b"\r\n", b"\r\n\r\n", b" ", b"\t", b":", b";", b",", b"\0", b"\x7f", b"\xff", b"%", b"?", b"#"),
    *(b"0", b"-1", b"ffffffff", b"99999999999", b"chunked", b"close", b"GET ", b" HTTP/1.1", b"HTTP/2.0", b"http://"),
    *(b"Host: b\r\n", b"Content-Length: 5\r\n", b"Content-Length: 6000\r\n", b"content-length:0\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Expect: 100-continue\r\n", b" folded\r\n"),
    *(b"x" * 400, b"X: " + b"y" * 2500 + b"\r\n"),
]

# The head of a response after which the server waits for the client to close, and only for that.
LAST = re.compile(rb"\r\ncontent-length: \d+\r\n(date: [^\r]*\r\n)?connection: close\r\n\r\n")

STATUSES = {200, 204, 400, 404, 405, 413, 414, 417, 421, 431, 500, 501, 505}


def mutated(rng):
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            data[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            data[at : at + rng.randrange(1, 8)] = b""
        elif kind == 2:
            end = at + rng.randrange(1, 40)
            data[at:at] = data[at:end]
        elif kind == 3:
            data[at : at + 1] = bytes(byte ^ 1 << rng.randrange(8) for byte in data[at : at + 1])
        elif kind == 4:
            data[at:at] = rng.choice(SEEDS)
        else:
            data[at:at] = rng.choice(PIECES)
    return bytes(data)


def responses(raw, heads):
    """Takes what the server sent apart: [(status, body)]. ValueError where it is no sequence of whole responses.

    `heads`: there may be responses to HEAD, which have no body although they have a length.
    """
    found = []
    while raw:
        status, body, raw = one_response(raw, heads)
        if status != 100:
            found.append((status, body))
    return found


def one_response(raw, heads):
    head, separator, rest = raw.partition(b"\r\n\r\n")
    match = re.fullmatch(rb"HTTP/1\.1 (\d{3}) [ -~]*((\r\n[a-zA-Z-]+: [^\r\n\0]*)*)", head)
    if not match or not separator:
        raise ValueError(f"no response: {raw!r}")
    status, fields = int(match[1]), match[2].lower() + b"\r\n"
    length = re.search(rb"\r\ncontent-length: (\d+)\r\n", fields)
    chunked = b"\r\ntransfer-encoding: chunked\r\n" in fields
    if length and chunked:
        raise ValueError(f"ambiguous: {raw!r}")
    if heads and (not rest or rest.startswith(b"HTTP/1.1 ")):
        return status, b"", rest
    if chunked:
        return status, *unchunked(rest)
    size = int(length[1]) if length else 0
    if not length and b"\r\nconnection: close\r\n" in fields and not rest.startswith(b"HTTP/1.1 "):
        size = len(rest)
    if len(rest) < size:
        raise ValueError(f"cut off: {raw!r}")
    return status, rest[:size], rest[size:]


def unchunked(raw):
    body = b""
    while True:
        line, _, raw = raw.partition(b"\r\n")
        size = int(line, 16)
        body += raw[:size]
        if raw[size : size + 2] != b"\r\n":
            raise ValueError(f"no chunk: {raw!r}")
        raw = raw[size + 2 :]
        if size == 0:
            return body, raw


def receive(client):
    """What the server sends until it closes the connection, or waits for more: then the client closes it."""
    received = b""
    while select.select([client.socket], [], [], 0.02)[0]:
        data = client.socket.recv(65536)
        if not data:
            return received, True
        received += data
        if LAST.search(received):
            client.socket.shutdown(socket.SHUT_WR)
            return received + client.file.read(), True
    return received, False


def exchange(app, number, data):
    """Sends a good request, mutated ones and a good one on a connection; returns how many the server answered."""
    before = b"GET /f/echo?before%d HTTP/1.1\r\nHost: a\r\n\r\n" % number
    after = b"GET /f/echo?after%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % number
    with app.client() as client:
        client.send(before + data + after)
        if b"/f/stream" not in data and b"/f/wait" not in data:
            client.socket.shutdown(socket.SHUT_WR)
            received, whole = client.file.read(), True
        else:
            # A client that has closed its side would be taken for gone while a function waits.
            received, whole = receive(client)
    try:
        found = responses(received, b"HEAD" in data)
    except ValueError:
        if whole:
            raise
        found = []
    if not found:
        assert not whole
        return 0
    assert found[0][0] == 200
    assert found[0][1].startswith(b"GET\n/f/echo?before%d\n" % number)
    assert {status for status, _ in found} <= STATUSES
    # The last request is answered last; not at all where a mutated one took it for its body, or was refused.
    for status, body in found[:-1]:
        assert not (status == 200 and body.startswith(b"GET\n/f/echo?after"))
    return len(found) - 1


def fuzz(app, seed, count):
    rng = random.Random(seed)
    heap = []
    answered = 0
    for number in range(count):
        data = mutated(rng)
        try:
            answered += exchange(app, number, data)
        except (AssertionError, OSError, ValueError) as error:
            raise AssertionError(f"seed {seed}, request {number}: {data!r}") from error
        if number % 1000 == 0:
            heap.append(app.stats()["heap"])
    app.wait_until_alone()
    last = app.stats()
    assert app.process.poll() is None
    # By the second half the log is full.
    assert max(heap[len(heap) // 2 :]) - min(heap[len(heap) // 2 :]) < 40000
    assert answered > count
    assert sum(last["refused"].values()) > count // 4


@pytest.fixture
def app(firmware):
    with HttpApp(firmware, **LIMITS) as app:
        yield app


def test_mutated_requests(app):
    fuzz(app, 1, 3000)


@pytest.mark.slow
def test_100000_mutated_requests(app):
    fuzz(app, 2, 100000)


@pytest.mark.slow
def test_mutated_requests_with_sanitizers(firmware_asan):
    with HttpApp(firmware_asan, **LIMITS) as app:
        fuzz(app, 3, 10000)


def test_no_leak(app):
    """Heap and connections after all kinds of requests, again and again."""
    kinds = [seed for seed in SEEDS if b"close" not in seed and not seed.startswith(b"HEAD")]
    used = []
    for _ in range(6):
        clients = [app.client() for _ in range(10)]
        for _ in range(30):
            for client in clients:
                client.send(b"".join(kinds))
            for client in clients:
                assert {client.response().status for _ in kinds} <= STATUSES
        for client in clients:
            client.__exit__()
        app.wait_until_alone()
        used.append(app.stats()["heap"])
    # The server keeps up to four spare buffers of 4 KiB. 2400 requests a round would show a leak of a few bytes each.
    assert max(used) - min(used) < 20000
