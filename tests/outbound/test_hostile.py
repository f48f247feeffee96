"""fetch() and upstreams that misbehave: the right error, no hang, and nothing is left of it."""

import gzip
import itertools
import re
import socket
import zlib
from pathlib import Path

import pytest
from device_helpers import running
from fetch_helpers import deploy_probe, fetched
from storage_helpers import device_module
from upstream import Upstream, response
from waiting import wait_until

FETCH_BYTES = 20000
CUT = "the response is cut off"
ENDED = "it ended the connection"
LINE_END = "a line of its head does not end with CR LF"
MALFORMED_LINE = "its head has a malformed line"
FIRST = "it does not begin with HTTP/1.1 and a status"
LENGTH = "malformed or repeated Content-Length"
CODING = "unknown Transfer-Encoding"
BOTH = "Content-Length and Transfer-Encoding exclude each other"
CHUNK = "malformed chunk"
LARGE = f"the response has more than {FETCH_BYTES} bytes (fetch_bytes)"
HEAD = "the head of the response has more than 32768 bytes"
SLOW = "no response within 400 ms (fetch_ms)"
FORMAT = "the response is not {}, as it says"
OK = b"HTTP/1.1 200 OK\r\n"


def chunked(body):
    return OK + b"transfer-encoding: chunked\r\n\r\n" + body


def drip(data):
    def send(connection):
        for byte in data:
            connection.sendall(bytes([byte]))
            connection.settimeout(0.05)
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                pass

    return send


def endless(start, part):
    def send(connection):
        connection.sendall(start)
        while True:
            connection.sendall(part)

    return send


def silent(start=b""):
    def send(connection):
        connection.sendall(start)
        connection.recv(1)

    return send


def reset(start):
    def send(connection):
        connection.sendall(start)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    return send


BOMB = gzip.compress(bytes(30_000_000))
GZIPPED = gzip.compress(b"hello" * 100)

# What is sent, and what the function hears: an error, or the response's text.
MISBEHAVIOURS = {
    # Ends.
    "nothing": (b"", ENDED),
    "reset at once": (reset(b""), ENDED),
    "half a status line": (b"HTTP/1.", CUT),
    "a status line": (OK, CUT),
    "half a head": (OK + b"a: b\r\n", CUT),
    "a head without its last LF": (OK + b"\r", CUT),
    "no body": (OK + b"content-length: 5\r\n\r\n", CUT),
    "half a body": (OK + b"content-length: 5\r\n\r\nab", CUT),
    "a reset in the body": (reset(OK + b"content-length: 50\r\n\r\nab"), (CUT, ENDED)),
    "no chunk": (chunked(b""), CUT),
    "half a chunk size": (chunked(b"1"), CUT),
    "half a chunk": (chunked(b"5\r\nab"), CUT),
    "no last chunk": (chunked(b"2\r\nab\r\n"), CUT),
    "no end of trailers": (chunked(b"2\r\nab\r\n0\r\n"), CUT),
    "an end instead of a final response": (b"HTTP/1.1 100 Continue\r\n\r\n", ENDED),
    # Slow and endless.
    "silence": (silent(), SLOW),
    "silence in the head": (silent(OK), SLOW),
    "silence in the body": (silent(OK + b"content-length: 5\r\n\r\nab"), SLOW),
    "silence in a chunk": (silent(chunked(b"5\r\nab")), SLOW),
    "silence after interim responses": (silent(b"HTTP/1.1 103 Early Hints\r\n\r\n"), SLOW),
    "a head byte by byte": (drip(OK + b"a: " + b"b" * 100 + b"\r\n\r\n"), SLOW),
    "a body byte by byte": (drip(response(b"b" * 100)), SLOW),
    "endless head": (endless(OK, b"a: b\r\n" * 1000), HEAD),
    "endless header line": (endless(OK + b"a: ", b"b" * 10000), HEAD),
    "endless status line": (endless(b"HTTP/1.1 200 ", b"b" * 10000), HEAD),
    "endless first byte": (endless(b"", b"H" * 10000), HEAD),
    "endless body": (endless(OK + b"\r\n", b"x" * 10000), LARGE),
    "endless chunk": (endless(chunked(b"ffffff\r\n"), b"x" * 10000), LARGE),
    "endless chunks": (endless(chunked(b""), b"1\r\nx\r\n" * 1000), LARGE),
    "endless chunk extension": (endless(chunked(b"1;"), b"x" * 10000), "chunk extensions are too long"),
    "endless trailers": (endless(chunked(b"0\r\n"), b"a: b\r\n" * 1000), "trailer fields are too large"),
    "endless trailer": (endless(chunked(b"0\r\na: "), b"b" * 10000), "trailer fields are too large"),
    "endless interim responses": (endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), "it answers with status 102"),
    # Status lines.
    "HTTP/0.9": (b"<html>\r\n\r\n", FIRST),
    "HTTP/2": (b"HTTP/2 200 OK\r\n\r\n", FIRST),
    "HTTP/1.2": (b"HTTP/1.2 200 OK\r\n\r\n", FIRST),
    "http in lower case": (b"http/1.1 200 OK\r\n\r\n", FIRST),
    "another protocol": (b"220 mail.example ESMTP\r\n\r\n", FIRST),
    "TLS": (b"\x15\x03\x01\0\x02\x02\x50\r\n\r\n", LINE_END),
    "an empty line first": (b"\r\n\r\n" + response(b"x"), FIRST),
    "no status": (b"HTTP/1.1\r\n\r\n", FIRST),
    "two digits": (b"HTTP/1.1 20 OK\r\n\r\n", FIRST),
    "four digits": (b"HTTP/1.1 2000 OK\r\n\r\n", FIRST),
    "a sign": (b"HTTP/1.1 +20 OK\r\n\r\n", FIRST),
    "two spaces": (b"HTTP/1.1  200 OK\r\n\r\n", FIRST),
    "a space first": (b" HTTP/1.1 200 OK\r\n\r\n", FIRST),
    "other digits": ("HTTP/1.1 \u0662\u0660\u0660 OK\r\n\r\n".encode(), FIRST),
    "status 0": (b"HTTP/1.1 000 OK\r\n\r\n", "its status is 0"),
    "status 99": (b"HTTP/1.1 099 OK\r\n\r\n", "its status is 99"),
    "status 600": (b"HTTP/1.1 600 OK\r\n\r\n", "its status is 600"),
    "status 999": (b"HTTP/1.1 999 OK\r\n\r\n", "its status is 999"),
    "status 101": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "it answers with status 101"),
    "nine interim responses": (b"HTTP/1.1 100 C\r\n\r\n" * 9 + response(b"x"), "it answers with status 100"),
    # Header lines.
    "bare LF": (b"HTTP/1.1 200 OK\ncontent-length: 1\n\nx", CUT),
    "one bare LF": (b"HTTP/1.1 200 OK\na: b\r\n\r\n", LINE_END),
    "bare CR": (OK + b"a: b\rc: d\r\n\r\n", LINE_END),
    "CR CR LF": (OK + b"a: b\r\r\n\r\n", LINE_END),
    "NUL": (OK + b"a: \0\r\n\r\n", LINE_END),
    "a folded line": (OK + b"a: b\r\n c\r\n\r\n", MALFORMED_LINE),
    "a tab first": (OK + b"\ta: b\r\n\r\n", MALFORMED_LINE),
    "no colon": (OK + b"ab\r\n\r\n", MALFORMED_LINE),
    "no name": (OK + b": b\r\n\r\n", MALFORMED_LINE),
    "a space before the colon": (OK + b"content-length : 1\r\n\r\nx", MALFORMED_LINE),
    "a space in a name": (OK + b"a b: c\r\n\r\n", MALFORMED_LINE),
    "a name of UTF-8": (OK + "ä: c\r\n\r\n".encode(), MALFORMED_LINE),
    "a slash in a name": (OK + b"a/b: c\r\n\r\n", MALFORMED_LINE),
    "many lines": (OK + b"a: b\r\n" * 300 + b"\r\n", "it has more than 256 header lines"),
    "a giant line": (OK + b"a: " + b"b" * 40000 + b"\r\n\r\n", HEAD),
    # Lengths.
    "no number": (OK + b"content-length: x\r\n\r\n", LENGTH),
    "empty length": (OK + b"content-length:\r\n\r\n", LENGTH),
    "negative length": (OK + b"content-length: -1\r\n\r\n", LENGTH),
    "signed length": (OK + b"content-length: +1\r\n\r\nx", LENGTH),
    "hexadecimal length": (OK + b"content-length: 0x1\r\n\r\nx", LENGTH),
    "list of lengths": (OK + b"content-length: 1, 1\r\n\r\nx", LENGTH),
    "fraction": (OK + b"content-length: 1.0\r\n\r\nx", LENGTH),
    "two lengths": (OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\nxx", LENGTH),
    "one length twice": (OK + b"content-length: 1\r\ncontent-length: 1\r\n\r\nx", LENGTH),
    "giant length": (OK + b"content-length: 999999999999999999999999\r\n\r\nx", LARGE),
    "2**32 + 1": (OK + b"content-length: 4294967297\r\n\r\nx", LARGE),
    "too large a length": (OK + b"content-length: 20001\r\n\r\nx", LARGE),
    "more than the length": (response(b"x") + b"yyy", "x"),
    # Codings.
    "length and chunked": (OK + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", BOTH),
    "unknown coding": (OK + b"transfer-encoding: gzip\r\n\r\n", CODING),
    "two codings": (OK + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", CODING),
    "chunked twice": (OK + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", CODING),
    "chunked, chunked": (OK + b"transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n", CODING),
    "xchunked": (OK + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n", CODING),
    "identity": (OK + b"transfer-encoding: identity\r\n\r\nx", CODING),
    "vertical tab": (OK + b"transfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n", CODING),
    # Chunks.
    "no size": (chunked(b"\r\nx\r\n0\r\n\r\n"), CHUNK),
    "letters": (chunked(b"xyz\r\n"), CHUNK),
    "negative size": (chunked(b"-1\r\nx\r\n"), CHUNK),
    "0x": (chunked(b"0x1\r\nx\r\n0\r\n\r\n"), CHUNK),
    "giant size": (chunked(b"ffffffffffffffffff\r\nx"), CHUNK),
    "bare LF behind a size": (chunked(b"1\nx\n0\n\n"), (CHUNK, "a line does not end with CR LF")),
    "too short a chunk": (chunked(b"5\r\nab\r\n0\r\n\r\n"), (CHUNK, CUT, "a line does not end with CR LF")),
    "too long a chunk": (chunked(b"1\r\nabc\r\n0\r\n\r\n"), (CHUNK, "a line does not end with CR LF")),
    "a space before a size": (chunked(b" 1\r\nx\r\n0\r\n\r\n"), CHUNK),
    # Content codings.
    "a bomb": (response(BOMB, content_encoding="gzip"), (LARGE,)),
    "a small bomb": (response(gzip.compress(bytes(3_000_000)), content_encoding="gzip"), LARGE),
    "a bomb of zlib": (response(zlib.compress(bytes(3_000_000)), content_encoding="deflate"), LARGE),
    "no gzip": (response(b"hello", content_encoding="gzip"), FORMAT.format("gzip")),
    "half a gzip": (response(GZIPPED[:-12], content_encoding="gzip"), FORMAT.format("gzip")),
    "gzip's head": (response(GZIPPED[:10], content_encoding="gzip"), FORMAT.format("gzip")),
    "damaged gzip": (response(GZIPPED[:14] + b"\xff" * 30, content_encoding="gzip"), FORMAT.format("gzip")),
    "a wrong checksum": (response(GZIPPED[:-8] + b"\0" * 8, content_encoding="gzip"), FORMAT.format("gzip")),
    "no deflate": (response(b"\xff" * 50, content_encoding="deflate"), FORMAT.format("deflate")),
    # Redirects.
    "a redirect to itself": (response(status="302 Found", location="/"), "more than 20 redirects"),
    "a redirect to a private address": (response(status="302 Found", location="http://10.0.0.1"), "10.0.0.1 is not"),
    "a redirect to nothing": (response(status="302 Found", location="http:///"), "redirected to what is no URL"),
    "a redirect with userinfo": (response(status="302 Found", location="http://a:b@c.test/"), "c.test is not allowed"),
    # What is allowed, though strange.
    "an empty body": (OK + b"\r\n", ""),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nhello", "hello"),
    "no reason": (b"HTTP/1.1 200 \r\ncontent-length: 1\r\n\r\nx", "x"),
    "no space before no reason": (b"HTTP/1.1 200\r\ncontent-length: 1\r\n\r\nx", "x"),
    "chunk extensions and trailers": (chunked(b'1;a=b\r\nx\r\n0;c="d"\r\nt: u\r\n\r\n'), "x"),
    "another coding of the content": (response(b"x", content_encoding="br"), "x"),
    "a redirect without Location": (response(b"x", status="302 Found"), "x"),
    "eight interim responses": (b"HTTP/1.1 100 C\r\n\r\n" * 8 + response(b"x"), "x"),
}


def test_there_are_a_hundred_of_them():
    assert len(MISBEHAVIOURS) >= 100


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("box")) as box:
        deploy_probe(box, ["127.0.0.1"], fetch_bytes=FETCH_BYTES, cpu_ms=1000)
        deploy_probe(box, ["127.0.0.1"], "hasty", fetch_bytes=FETCH_BYTES, fetch_ms=400, cpu_ms=1000)
        yield box


def misbehave(connection, sent):
    if callable(sent):
        sent(connection)
    else:
        connection.sendall(sent)
    return False


def outcome(box, name):
    """What the function hears of a misbehaviour: without the host for errors."""
    sent, expected = MISBEHAVIOURS[name]
    with Upstream(lambda connection, request: misbehave(connection, sent)) as upstream:
        result = fetched(box, upstream.url, name="hasty" if expected == SLOW else "probe")
    if "error" not in result:
        return result["text"]
    return re.sub(r"127\.0\.0\.1:\d+: ", "", result["error"].removeprefix("TypeError: fetch: "))


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_misbehaviours(box, name):
    _, expected = MISBEHAVIOURS[name]
    heard = outcome(box, name)
    if expected in ("", "x", "hello"):
        assert heard == expected
    else:
        assert heard.startswith(expected)


IDLE = "from edgelet import device\nprint(len(device.running().bindings._client._idle))"
USED = "import gc\ngc.collect()\nprint(gc.mem_alloc())"


@pytest.mark.slow
def test_nothing_is_left_of_them(box):
    names = [name for name, (_, expected) in MISBEHAVIOURS.items() if expected not in (SLOW, (LARGE,))]
    folder = Path(f"/proc/{box.local.process.pid}/fd")

    def used():
        for name in names:
            outcome(box, name)
        wait_until(lambda: len(list(folder.iterdir())) == descriptors)
        return int(box.device.execute(USED))

    outcome(box, names[0])  # the first of all makes the client
    # A connection that another test has left idle would count, and be gone later.
    wait_until(lambda: int(box.device.execute(IDLE)) == 0)
    descriptors = len(list(folder.iterdir()))
    box.device.execute("from edgelet import log\nlog.ring.resize(1024)")
    first = used()
    assert used() - first < 4096


response_module = device_module("outbound.response")
PIECES = [
    b"HTTP/1.1 ",
    b"200",
    b" OK",
    b"\r\n",
    b"\n",
    b"\r",
    b":",
    b" ",
    b"a",
    b"content-length",
    b"chunked",
    b"\0",
    b"1",
]


def test_a_head_is_read_or_refused():
    for parts in itertools.product(PIECES, repeat=4):
        data = OK + b"".join(parts) + b"\r\n\r\n"
        try:
            head = response_module.Head(data)
        except response_module.Malformed:
            continue
        assert head.status == 200
        assert head.length is None or f"content-length:{head.length}" in data.decode().replace(" ", "")
        assert head.lines == b"" or head.lines.endswith(b"\r\n")
