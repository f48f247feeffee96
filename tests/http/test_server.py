"""The HTTP server over real sockets: connections, framing, limits, responses."""

import datetime
import email.utils
import errno
import http.client
import json
import re
import socket
import subprocess

import pytest
from console_helpers import run_on_device
from http_helpers import GET, HttpApp, device_command
from waiting import wait_until

BODY = 50000
LIMITS = {"url": 300, "head": 12000, "body": BODY}


@pytest.fixture(scope="module")
def app(firmware):
    with HttpApp(firmware, **LIMITS) as app:
        yield app


@pytest.fixture
def client(app):
    with app.client() as client:
        yield client


def post(length, path="/f/echo", more=""):
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n{more}\r\n".encode()


def chunked(body, path="/f/echo"):
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + body


# What a function is given.


def test_function_gets_the_request_as_it_came(client):
    client.send(post(3, "/f/echo?a=%20", "X-Y:  z\r\n") + b"abc")
    response = client.response()
    assert (response.status, response["content-type"]) == (200, ["text/plain"])
    head, _, body = response.body.partition(b"\n")
    assert head == b"POST"
    assert body == b"/f/echo?a=%20\na\nhttp\n127.0.0.1\nHost: a\r\nContent-Length: 3\r\nX-Y:  z\r\n\nabc"


def test_absolute_form_wins_over_host(client):
    client.send(b"GET http://B.Example:80/f/echo HTTP/1.1\r\nHost: other\r\n\r\n")
    assert client.response().body.startswith(b"GET\n/f/echo\nb.example:80\n")


def test_absolute_form_without_path_is_root(app):
    response = app.ask(b"GET http://a?x HTTP/1.1\r\nHost: a\r\n\r\n")
    assert response.status == 404


def test_8k_authorization_arrives_whole(client):
    value = b"Bearer " + b"t" * 8185
    client.send(b"GET /f/echo HTTP/1.1\r\nHost: a\r\nAuthorization: " + value + b"\r\n\r\n")
    assert b"\r\nAuthorization: " + value + b"\r\n" in client.response().body


# Connections.


def test_keep_alive(client):
    for i in range(100):
        client.send(f"GET /f/echo?{i} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        response = client.response()
        assert response.body.startswith(f"GET\n/f/echo?{i}\n".encode())
        assert response["connection"] == []


@pytest.mark.parametrize(
    ("head", "stays"),
    [
        ("GET /f/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", False),
        ("GET /f/echo HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", False),
        ("GET /f/echo HTTP/1.0\r\n\r\n", False),
        ("GET /f/echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
    ],
)
def test_persistence(client, head, stays):
    client.send(head.encode())
    response = client.response()
    assert response.status == 200
    if stays:
        assert response["connection"] == ["keep-alive"]
        client.send(head.encode())
        assert client.response().status == 200
    else:
        assert response["connection"] == ["close"]
        assert client.at_end()


def test_pipelining_keeps_the_order(client):
    parts = []
    for i in range(200):
        parts.append(f"GET /f/echo?{i} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        parts.append(post(4, f"/f/echo?{i}") + b"%4d" % i)
        parts.append(chunked(b"2\r\n%2d\r\n0\r\n\r\n" % (i % 100), f"/f/wait?{i % 2}"))
        parts.append(f"GET /m/echo?i={i} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    client.send(b"".join(parts))
    for i in range(200):
        assert f"/f/echo?{i}\n".encode() in client.response().body
        assert client.response().body.endswith(b"\n%4d" % i)
        assert client.response().body.endswith(b"\n%2d" % (i % 100))
        assert json.loads(client.response().body)["args"] == {"i": [str(i)]}


def test_pipelining_while_a_function_waits(client):
    client.send(b"GET /f/wait?100 HTTP/1.1\r\nHost: a\r\n\r\n")
    client.send(GET * 3)
    assert client.response().body.startswith(b"GET\n/f/wait?100")
    assert [client.response().status for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("body", [b"", b"x" * 3900])
def test_pipelining_while_a_function_takes_long(app, body):
    """What a connection keeps meanwhile is small. The head is there for a function that asks late, and the rest too."""
    with app.client() as client, app.client() as other:
        # A chunked body of that size has a buffer of its own, beside that of the head.
        client.send(chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n", "/f/wait?1500"))
        for _ in range(2):
            other.send(b"GET /f/wait?400 HTTP/1.1\r\nHost: a\r\n\r\n")
            assert other.response().status == 200
            client.send(GET[:-2])
            client.send(b"X-Long: " + b"y" * 3000 + b"\r\n\r\n")
        answer = client.response().body
        assert answer.startswith(b"POST\n/f/wait?1500") and b"Transfer-Encoding: chunked" in answer
        assert answer.endswith(b"\n" + body)
        assert [client.response().status for _ in range(2)] == [200] * 2


def test_one_response_then_the_turn_of_others(app):
    """Requests that arrive together do not keep the server from others until all of them have been answered."""
    turn = b"GET /f/turn HTTP/1.1\r\nHost: a\r\n\r\n"
    with app.client() as many, app.client() as other:
        for client in (many, other):
            client.send(GET)
            assert client.response().status == 200
        with app.halted():
            many.send(turn * 50)
            other.send(turn)
        first, *rest = [int(many.response().body) for _ in range(50)]
        assert abs(int(other.response().body) - first) == 1
        assert rest == sorted(rest)


def test_empty_lines_before_a_request_are_ignored(client):
    client.send(b"\r\n\r\n" + GET + b"\r\n" + GET)
    assert [client.response().status for _ in range(2)] == [200] * 2


def test_byte_by_byte(client):
    request = post(5, more="X: y\r\n") + b"12345" + chunked(b"3;a=b\r\nabc\r\n0\r\nT: v\r\n\r\n") + GET
    for i in range(len(request)):
        client.send(request[i : i + 1])
    assert client.response().body.endswith(b"12345")
    assert client.response().body.endswith(b"abc")
    assert client.response().status == 200


def test_50_connections(app):
    clients = [app.client() for _ in range(50)]
    for i in range(20):
        for n, client in enumerate(clients):
            client.send(post(8, f"/f/echo?{n}") + b"%4d%4d" % (n, i))
        for n, client in enumerate(clients):
            assert client.response().body.endswith(b"%4d%4d" % (n, i))
    assert app.stats()["connections"] == 51
    for client in clients:
        client.__exit__()
    app.wait_until_alone()


def test_client_that_vanishes(app):
    for data in (b"", b"GET", b"GET / HTTP/1.1\r\n", post(10) + b"123", chunked(b"5\r\nab")):
        with app.client() as client:
            client.send(data)
    app.wait_until_alone()


# Bodies.


@pytest.mark.parametrize("size", [1, 4000, 4096, 16384, 16385, BODY])
def test_body_sizes(client, size):
    body = bytes(i % 251 for i in range(size))
    client.send(post(size) + body + GET)
    assert client.response().body.endswith(b"\n" + body)
    assert client.response().status == 200
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i : i + 999]), body[i : i + 999]) for i in range(0, size, 999))
    client.send(chunked(chunks + b"0\r\n\r\n") + GET)
    assert client.response().body.endswith(b"\n" + body)
    assert client.response().status == 200


def test_body_after_a_head_that_fills_the_buffer(client):
    for size in (3600, 3990, 4040, 4096):
        head = chunked(b"").replace(b"Host: a", b"Host: a\r\nX: " + b"x" * (size - 80))
        client.send(head + b"5\r\nhello\r\n")
        client.send(b"0\r\n\r\n")
        response = client.response()
        assert response.body.endswith(b"x\r\nTransfer-Encoding: chunked\r\n\nhello")


def test_continue(client):
    client.send(post(5, more="Expect: 100-continue\r\n"))
    assert client.file.readline() == b"HTTP/1.1 100 Continue\r\n"
    assert client.file.readline() == b"\r\n"
    client.send(b"hello")
    assert client.response().body.endswith(b"hello")


def test_no_continue_where_the_body_is_there(client):
    client.send(post(5, more="Expect: 100-continue\r\n") + b"hello")
    assert client.file.peek().startswith(b"HTTP/1.1 200")
    assert client.response().body.endswith(b"hello")


def test_no_continue_for_a_body_that_is_too_large(client):
    client.send(post(BODY + 1, more="Expect: 100-continue\r\n"))
    assert client.response().status == 413


# Responses.


def test_head_is_get_without_body(client):
    for path in ("/f/big?100", "/f/big?100000", "/m/echo", "/m/file", "/f/sized_stream?3"):
        client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        client.send(f"HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        get, head = client.response(), client.response("HEAD")
        assert head.status == get.status
        assert head.body == b""
        if path != "/m/echo":
            assert head["content-length"] == get["content-length"]


def test_head_of_a_stream(app, client):
    before = app.stats()["stream_closed"]
    client.send(b"HEAD /f/stream?3 HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
    head = client.response("HEAD")
    assert (head.status, head["content-length"], head["transfer-encoding"]) == (200, [], [])
    assert client.response().status == 200
    assert app.stats()["stream_closed"] == before + 1


@pytest.mark.parametrize("status", [204, 304])
def test_responses_without_body(client, status):
    client.send(f"GET /f/status?{status} HTTP/1.1\r\nHost: a\r\n\r\n".encode() + GET)
    response = client.response()
    assert (response.status, response.body, response["content-length"]) == (status, b"", [])
    assert client.response().status == 200


def test_head_is_told_no_length_with_204(client):
    client.send(b"HEAD /f/no_content_stream HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
    response = client.response("HEAD")
    assert (response.status, response["content-length"]) == (204, [])
    assert client.response().status == 200


@pytest.mark.parametrize("status", [200, 205, 299, 404, 500, 599, 999])
def test_other_statuses(client, status):
    client.send(f"GET /f/status?{status} HTTP/1.1\r\nHost: a\r\n\r\n".encode() + GET)
    response = client.response()
    assert (response.status, response.body) == (status, b"body")
    assert client.response().status == 200


@pytest.mark.parametrize("status", [0, 100, 101, 1000])
def test_impossible_statuses(client, status):
    client.send(f"GET /f/status?{status} HTTP/1.1\r\nHost: a\r\n\r\n".encode() + GET)
    assert client.response().status == 500
    assert client.response().status == 200


def test_several_cookies(client):
    client.send(b"GET /f/cookies HTTP/1.1\r\nHost: a\r\n\r\nGET /m/cookies HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.response()["set-cookie"] == ["a=1; Path=/", "b=2"]
    assert client.response()["set-cookie"] == ["a=1; Path=/", "b=2"]


def test_framing_is_the_connections(client):
    client.send(b"GET /f/framing HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
    response = client.response()
    assert (response.body, response["content-length"], response["connection"]) == (b"ok", ["2"], [])
    assert (response["x-a"], response["x-b"]) == (["1"], ["2"])
    assert len(response["date"]) == 1
    assert response["date"] != ["never"]
    assert client.response().status == 200


def test_headers_cannot_split_a_response(client):
    client.send(b"GET /f/injection HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
    assert client.response().status == 500
    assert client.response().status == 200


@pytest.mark.slow
def test_date_follows_the_clock(client):
    dates = set()

    def ask():
        # Of whole seconds, and renewed each second.
        earliest = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=2)
        client.send(GET)
        (date,) = client.response()["date"]
        assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", date)
        assert earliest < email.utils.parsedate_to_datetime(date) <= datetime.datetime.now(datetime.UTC)
        dates.add(date)
        return len(dates) == 3

    wait_until(ask)


def test_http_date_agrees_with_pythons(firmware, tmp_path):
    times = [0, 951782400, 1772323199, 1798761599, 1798761600, *range(1767225600, 1798761600, 100003)]
    script = tmp_path / "dates.py"
    script.write_text(f"from edgelet.http.message import http_date\nfor t in {times}: print(http_date(t))\n")
    command, env = device_command(firmware, script)
    dates = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.splitlines()
    assert dates == [email.utils.formatdate(time, usegmt=True) for time in times]


def test_large_response_at_the_clients_pace(app, client):
    size = 16000000  # more than the sockets' buffers hold, which are 10 MB at most
    client.send(f"GET /f/big?{size} HTTP/1.1\r\nHost: a\r\n\r\n".encode() + GET)
    wait_until(lambda: app.stats()["connections"] == 2)
    response = client.response()
    assert (response["content-length"], response.body) == ([str(size)], b"x" * size)
    assert client.response().status == 200


# Streams.


def test_stream_is_chunked(client):
    client.send(b"GET /f/stream?50 HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
    response = client.response()
    assert (response["transfer-encoding"], response["content-length"]) == (["chunked"], [])
    assert response.body == b"x" * 50000
    assert client.response().status == 200


def test_stream_to_http_1_0_ends_the_connection(client):
    client.send(b"GET /f/stream?50 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    response = client.response()
    assert (response["transfer-encoding"], response["connection"]) == ([], ["close"])
    assert response.body == b"x" * 50000


def test_stream_of_known_length(client):
    client.send(b"GET /f/sized_stream?50 HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
    response = client.response()
    assert (response["transfer-encoding"], response["content-length"]) == ([], ["50000"])
    assert response.body == b"x" * 50000
    assert client.response().status == 200


@pytest.mark.parametrize("length", [1500, 2500])
def test_stream_of_another_length_ends_the_connection(client, length):
    client.send(f"GET /f/wrong_stream?{length} HTTP/1.1\r\nHost: a\r\n\r\n".encode() + GET)
    with pytest.raises(http.client.IncompleteRead):
        client.response()
    assert client.at_end()


def test_stream_has_back_pressure(app, client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.send(b"GET /f/endless HTTP/1.1\r\nHost: a\r\n\r\n")
    heap = [app.stats()["heap"] for _ in range(50)]
    assert max(heap[10:]) - min(heap[10:]) < 20000
    client.__exit__()
    app.wait_until_alone()


def test_microdot_streams_and_files(client):
    for path, body in (("/m/stream", b"onetwothree"), ("/m/file", None), ("/m/none", b"")):
        client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        response = client.response()
        assert response.status == (204 if path == "/m/none" else 200)
        assert body is None or response.body == body


# Microdot's routes.


def test_microdot_request(client):
    body = b"x=1&y=%C3%A9"
    head = (
        b"POST /m/echo?a=1&a=2&b HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nX: 1\r\nx: 2\r\nY: \xe9\xff\r\n"
        b"Cookie: c=1\r\nCookie: d=2\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    client.send(head + body)
    request = json.loads(client.response().body)
    assert request["args"] == {"a": ["1", "2"], "b": [""]}
    assert request["headers"]["X"] == "1, 2"
    assert request["headers"]["Y"] == "éÿ"
    assert request["cookies"] == {"c": "1", "d": "2"}
    assert request["form"] == {"x": ["1"], "y": ["é"]}
    assert request["client"] == "127.0.0.1"


def test_microdot_errors(app, client):
    for path, status in (("/nowhere", 404), ("/m/throw", 500), ("/m/echo?a=%zz", 400), ("/m/echo?a=%ff", 400)):
        client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        response = client.response()
        assert response.status == status
        assert b"secret" not in response.body
    client.send(b"POST /m/stream HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
    assert client.response().status == 405


def test_function_errors_are_microdots(app, client):
    for path, status in (("/f/throw", 500), ("/f/late_throw", 500), ("/f/refuse", 403)):
        client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        response = client.response()
        assert response.status == status
        assert b"secret" not in response.body
    log = json.loads(app.ask(b"GET /log HTTP/1.1\r\nHost: a\r\n\r\n").body)
    thrown = [text for text in log if text.endswith("ValueError: secret detail")]
    assert re.search(r'http_app.py", line \d+, in throw\n', "".join(thrown))
    assert re.search(r'http_app.py", line \d+, in late_throw\n', "".join(thrown))


def frame(opcode, payload, mask=b"\x01\x02\x03\x04"):
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked


def test_websocket(app, client):
    client.send(
        b"GET /m/socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" + frame(1, b"early")
    )
    lines = [client.file.readline() for _ in range(5)]
    assert lines[0] == b"HTTP/1.1 101 Switching Protocols\r\n"
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in lines  # RFC 6455 section 1.3
    assert client.file.read(7) == b"\x81\x05EARLY"
    for _ in range(3):
        client.send(frame(1, b"word"))
        assert client.file.read(6) == b"\x81\x04WORD"
    client.send(frame(8, b""))
    assert client.file.read() == b"\x88\x00"


# Hooks.


def test_hooks_and_error_handlers_apply_to_functions(firmware):
    with HttpApp(firmware, hooks=True) as app, app.client() as client:
        for path, status, body in (
            ("/f/echo", 200, b"GET\n/f/echo\n"),
            ("/f/wait?1", 200, b"GET\n/f/wait?1\n"),
            ("/f/stream?3", 200, b"x" * 3000),
            ("/f/big?100000", 200, b"x" * 100000),
            ("/f/echo?deny=1", 403, b"denied"),
            ("/f/throw", 422, b"handled"),
            ("/f/late_throw", 422, b"handled"),
            ("/nowhere", 404, b"nothing here"),
        ):
            client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            response = client.response()
            assert (response.status, response.body[: len(body)]) == (status, body)
            hooked = status in (200, 403)
            assert response["x-after"] == ([path.split("?")[0]] if hooked else [])
        client.send(b"GET /f/cookies HTTP/1.1\r\nHost: a\r\n\r\n")
        response = client.response()
        assert response["set-cookie"] == ["a=1; Path=/", "b=2"]
        assert response["content-type"] == []
        client.send(b"nonsense\r\n")
        assert client.response().body == b"no such request"


def test_error_handlers_apply_to_functions_without_hooks(firmware):
    with HttpApp(firmware) as app:
        assert app.ask(b"GET /f/refuse HTTP/1.1\r\nHost: a\r\n\r\n").body == b"not for you"


# Requests that end early.


LOST = """
import asyncio, errno, io, json
from edgelet import event_loop, log
from edgelet.http.connection import Connection
from edgelet.http.server import Server

class Client(io.IOBase):
    'A client whose request is there, and to whom nothing can be sent.'
    def __init__(self, number):
        self.number = number
    def setsockopt(self, *_):
        pass
    def readinto(self, buffer):
        request = b"GET /nothing HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
        buffer[:len(request)] = request
        return len(request)
    def write(self, data):
        raise OSError(self.number)
    def close(self):
        pass
    def ioctl(self, request, events):
        return events if request == 3 else 0  # MP_STREAM_POLL

async def main():
    server = Server()
    kept = []
    for number in %s:
        before = log.ring.next_seq
        await asyncio.create_task(Connection(server, Client(number), ("192.0.2.1", 5)).run())
        kept.append([record.text.split("\\n")[-1] for record in log.since(before) if record.level == "error"])
    print(json.dumps(kept))

event_loop.IOQueue = None  # Linux has one of its own
event_loop.prepare()
asyncio.run(main())
"""


def test_a_network_that_is_gone_is_no_fault(firmware):
    # -1: lwIP's ERR_IF, as the radio's driver and PPP give it without a link.
    lost = [-1, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNRESET]
    kept = json.loads(run_on_device(firmware, LOST % [*lost, errno.EIO]))
    assert kept == [[]] * len(lost) + [["OSError: [Errno 5] EIO"]]


def test_reset_abandons_the_function(app):
    before = app.stats()["cancelled"]
    client = app.client()
    client.send(b"GET /f/forever HTTP/1.1\r\nHost: a\r\n\r\n")
    app.stats()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.__exit__()
    wait_until(lambda: app.stats()["cancelled"] != before)


def test_a_client_that_has_said_all_gets_what_a_function_awaits(app):
    with app.client() as client:
        client.send(b"GET /f/wait?100 HTTP/1.1\r\nHost: a\r\n\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        response = client.response()
        assert (response.status, response["connection"]) == (200, ["close"])
        assert client.at_end()


def test_a_client_that_has_said_all_gets_the_whole_answer(app):
    with app.client() as client:
        client.send(b"GET /f/sized_stream?2000 HTTP/1.1\r\nHost: a\r\n\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        assert len(client.response().body) == 2000 * 1000
        assert client.at_end()


def test_disconnect_ends_a_stream(app):
    before = app.stats()["stream_closed"]
    with app.client() as client:
        client.send(b"GET /f/endless HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.file.readline() == b"HTTP/1.1 200 OK\r\n"
    wait_until(lambda: app.stats()["stream_closed"] != before)


def test_shutdown_lets_requests_end(firmware):
    with HttpApp(firmware) as app, app.client() as waiting, app.client() as idle:
        waiting.send(b"GET /f/wait?300 HTTP/1.1\r\nHost: a\r\n\r\n")
        idle.send(GET)
        idle.response()
        assert app.ask(b"POST /shutdown HTTP/1.1\r\nHost: a\r\n\r\n")["connection"] == ["close"]
        assert idle.at_end()
        assert waiting.response().status == 200
        assert waiting.at_end()
