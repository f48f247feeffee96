"""What the HTTP server refuses, over real sockets: ambiguous framing, limits from both sides, slowness, crowds."""

import select

import pytest
from http_helpers import GET, HttpApp
from waiting import wait_until

URL, HEAD, BODY = 300, 2000, 5000


@pytest.fixture(scope="module")
def app(firmware):
    with HttpApp(firmware, url=URL, head=HEAD, body=BODY) as app:
        yield app


def post(*fields, body=b""):
    lines = ["POST /f/echo HTTP/1.1", "Host: a", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


CHUNKED = "Transfer-Encoding: chunked"

# (status, request). Each of them is followed by a request that must not be answered.
REFUSED = {
    "two lengths": (400, post("Content-Length: 4", "Content-Length: 5", body=b"hello")),
    "the same length twice": (400, post("Content-Length: 5", "Content-Length: 5", body=b"hello")),
    "list of lengths": (400, post("Content-Length: 5, 5", body=b"hello")),
    "signed length": (400, post("Content-Length: +5", body=b"hello")),
    "negative length": (400, post("Content-Length: -1")),
    "hexadecimal length": (400, post("Content-Length: 0x5", body=b"hello")),
    "length and coding": (400, post("Content-Length: 5", CHUNKED, body=b"0\r\n\r\n")),
    "coding and length": (400, post(CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n")),
    "length and unknown coding": (400, post("Content-Length: 5", "Transfer-Encoding: x, chunked", body=b"hello")),
    "chunked twice": (400, post(CHUNKED, CHUNKED, body=b"0\r\n\r\n")),
    "chunked, then gzip": (400, post("Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n")),
    "unknown coding": (501, post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n")),
    "coding with vertical tab": (400, post("Transfer-Encoding:\x0bchunked", body=b"0\r\n\r\n")),
    "coding like chunked": (400, post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n")),
    "coding with blank name": (400, post("Transfer-Encoding : chunked", body=b"0\r\n\r\n")),
    "coding in HTTP/1.0": (400, b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "bare LF": (400, b"GET /f/echo HTTP/1.1\nHost: a\n\n"),
    "bare LF after a field": (400, b"GET /f/echo HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n"),
    "bare LF as the end": (400, b"GET /f/echo HTTP/1.1\r\nHost: a\r\n\n"),
    "bare CR in a field": (400, b"GET /f/echo HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n"),
    "folded line": (400, b"GET /f/echo HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"),
    "folded first line": (400, b"GET /f/echo HTTP/1.1\r\n Host: a\r\n\r\n"),
    "blank before the colon": (400, b"GET /f/echo HTTP/1.1\r\nHost : a\r\n\r\n"),
    "no colon": (400, b"GET /f/echo HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
    "no name": (400, b"GET /f/echo HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"),
    "NUL in a value": (400, b"GET /f/echo HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
    "no Host": (400, b"GET /f/echo HTTP/1.1\r\n\r\n"),
    "two Hosts": (400, b"GET /f/echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    "bad Host": (400, b"GET /f/echo HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    "userinfo": (400, b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    "other scheme": (400, b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    "fragment": (400, b"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"),
    "raw UTF-8 in the URL": (400, b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"),
    "blank in the URL": (400, b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    "HTTP/0.9": (400, b"GET /\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"),
    "HTTP/2": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "CONNECT": (501, b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
    "expectation": (417, post("Content-Length: 5", "Expect: tea", body=b"hello")),
    "chunk with bare LF": (400, post(CHUNKED, body=b"5\nhello\r\n0\r\n\r\n")),
    "chunk with longer data": (400, post(CHUNKED, body=b"5\r\nhelloo\r\n0\r\n\r\n")),
    "chunk extension with bare LF": (400, post(CHUNKED, body=b"5;a\nb\r\nhello\r\n0\r\n\r\n")),
    "chunk extension with bare CR": (400, post(CHUNKED, body=b"5;a\rb\r\nhello\r\n0\r\n\r\n")),
    "chunk of negative size": (400, post(CHUNKED, body=b"-5\r\nhello\r\n0\r\n\r\n")),
    "chunk of hexadecimal size": (400, post(CHUNKED, body=b"0x5\r\nhello\r\n0\r\n\r\n")),
    "chunk of size beyond 32 bits": (400, post(CHUNKED, body=b"100000005\r\nhello\r\n0\r\n\r\n")),
    "chunk size with blank": (400, post(CHUNKED, body=b"5 \r\nhello\r\n0\r\n\r\n")),
    "chunk extensions without end": (400, post(CHUNKED, body=b"5;" + b"x" * 5000)),
    "trailer with bare LF": (400, post(CHUNKED, body=b"0\r\nX: 1\n\r\n")),
    "trailer that is folded": (400, post(CHUNKED, body=b"0\r\nX: 1\r\n 2\r\n\r\n")),
    "trailers without end": (431, post(CHUNKED, body=b"0\r\n" + b"X: y\r\n" * 1000)),
    "end of chunks with bare LF": (400, post(CHUNKED, body=b"0\r\n\n")),
    "large body": (413, post(f"Content-Length: {BODY + 1}", body=b"x" * (BODY + 1))),
    "enormous body": (413, post("Content-Length: 99999999999999999999")),
    "large chunked body": (413, post(CHUNKED, body=b"%x\r\n%s\r\n0\r\n\r\n" % (BODY + 1, b"x" * (BODY + 1)))),
    "large body in small chunks": (413, post(CHUNKED, body=b"1\r\nx\r\n" * (BODY + 1) + b"0\r\n\r\n")),
    "chunk of enormous size": (413, post(CHUNKED, body=b"7fffffff\r\n" + b"x" * (2 * BODY))),
    "long URL": (414, b"GET /" + b"a" * URL + b" HTTP/1.1\r\nHost: a\r\n\r\n"),
    "long URL without end": (414, b"GET /" + b"a" * URL),
    "long absolute URL": (414, b"GET http://" + b"a" * URL + b"/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    "long head": (431, (GET[:-2] + b"X: ").ljust(HEAD - 3, b"x") + b"\r\n\r\n"),
    "many header lines": (431, GET[:-2] + b"a:\r\n" * 256 + b"\r\n"),
    "head without end": (431, GET[:-2] + b"X: 1\r\n" * HEAD),
    "empty lines without end": (431, b"\r\n" * HEAD),
    "long method": (501, b"A" * 33 + b" / HTTP/1.1\r\nHost: a\r\n\r\n"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("pace", ["at once", "in pieces", "after another"])
def test_refused_and_closed(app, name, pace):
    status, request = REFUSED[name]
    before = app.stats()["refused"].get(str(status), 0)
    with app.client() as client:
        if pace == "after another":
            client.send(GET + request + GET)
            assert client.response().status == 200
        elif pace == "in pieces":
            for i in range(0, len(request), 97):
                client.send(request[i : i + 97])
        else:
            client.send(request + GET)
        response = client.response()
        assert response.status == status
        assert response["connection"] == ["close"]
        assert response.body.count(b"\n") == 1
        client.socket.shutdown(1)
        assert client.at_end()
    assert app.stats()["refused"][str(status)] == before + 1


def test_limits_are_reached(app):
    with app.client() as client:
        client.send(b"GET /f/echo?" + b"a" * (URL - 8) + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.response().status == 200
        head = b"GET /f/echo HTTP/1.1\r\nHost: a\r\nX: "
        client.send(head.ljust(HEAD - 4, b"x") + b"\r\n\r\n")
        assert client.response().status == 200
        client.send(GET[:-2] + b"a:\r\n" * 255 + b"\r\n")
        assert client.response().status == 200
        client.send(head.ljust(HEAD - 3, b"x") + b"\r\n\r\n")
        assert client.response().status == 431
    with app.client() as client:
        client.send(post(f"Content-Length: {BODY}", body=b"x" * BODY))
        assert client.response().body.endswith(b"\n" + b"x" * BODY)
        client.send(post(CHUNKED, body=b"%x\r\n%s\r\n0\r\n\r\n" % (BODY, b"x" * BODY)))
        assert client.response().body.endswith(b"\n" + b"x" * BODY)


def test_a_refusal_reaches_a_client_that_goes_on_sending(app):
    with app.client() as client:
        client.send(post("Content-Length: 3000000"))
        client.send(b"x" * 3000000)
        assert client.response().status == 413


# Short for the tests, long for a busy machine.
TIMES = {"idle_ms": 1000, "head_ms": 1000, "body_ms": 1000, "wall_ms": 1000, "send_ms": 1000}


@pytest.fixture(scope="module")
def hasty(firmware):
    with HttpApp(firmware, connections=3, **TIMES) as app:
        yield app


@pytest.mark.parametrize(
    "start",
    [b"", b"\r\n", b"GET", GET[:-1], post("Content-Length: 9", body=b"x"), post(CHUNKED, body=b"2\r\na")],
    ids=["nothing", "empty line", "request line", "head", "body", "chunk"],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_does_not_come_in_time(hasty, start, first):
    with hasty.client() as client:
        if not first:
            client.send(GET)
            assert client.response().status == 200
        client.send(start)
        response = client.response()
        assert (response.status, response["connection"]) == (408, ["close"])
        client.socket.shutdown(1)
        assert client.at_end()


def test_a_head_that_comes_slowly(hasty):
    with hasty.client() as client:
        client.send(GET[:-2])
        while not select.select([client.socket], [], [], 0.05)[0]:
            client.send(b"X: y\r\n")
        assert client.response().status == 408


@pytest.mark.slow
def test_function_is_not_limited_by_the_connection(hasty):
    response = hasty.ask(b"GET /f/wait?2000 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert response.status == 200


def test_stream_ends_at_the_wall_limit(hasty):
    with hasty.client() as client:
        client.send(b"GET /f/endless HTTP/1.1\r\nHost: a\r\n\r\n")
        received = client.file.read()
        assert received.startswith(b"HTTP/1.1 200")
        assert not received.endswith(b"0\r\n\r\n")


def test_client_that_takes_nothing(hasty):
    with hasty.client() as client:
        client.send(b"GET /f/big?16000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        hasty.wait_until_alone()
        assert len(client.file.read()) < 16000000


def served(app):
    """A connection that has been accepted, after the server has noticed those that ended before."""
    client = app.client()
    client.send(GET)
    assert client.response().status == 200
    return client


def crowded(app, count):
    """A request that is answered when so many more connections have found no room."""
    return b"GET /f/crowded?%d HTTP/1.1\r\nHost: a\r\n\r\n" % (app.stats()["shortages"]["connections"] + count)


def test_too_many_connections(hasty):
    hasty.wait_until_alone()
    request = crowded(hasty, 1)
    hasty.wait_until_alone()
    with served(hasty) as one, served(hasty) as two, served(hasty) as three:
        for client in (one, two, three):
            client.send(request)
        with hasty.client() as four:
            four.send(GET)
            response = four.response()
            assert (response.status, response["retry-after"], response["connection"]) == (503, ["1"], ["close"])
        for client in (one, two, three):
            assert client.response().status == 200
    hasty.wait_until_alone()
    assert hasty.ask(GET).status == 200


def test_far_too_many_connections(hasty):
    hasty.wait_until_alone()
    request = crowded(hasty, 37)
    hasty.wait_until_alone()
    clients = [served(hasty) for _ in range(3)]
    for client in clients:
        client.send(request)
    clients += [hasty.client() for _ in range(37)]
    for client in clients[3:]:
        # Told so, or closed at once.
        assert client.file.readline() in (b"HTTP/1.1 503 Service Unavailable\r\n", b"")
    for client in clients[:3]:
        assert client.response().status == 200
    for client in clients:
        client.__exit__()
    hasty.wait_until_alone()


def test_the_longest_idle_connection_gives_way(firmware):
    with HttpApp(firmware, connections=3, idle_ms=3600000) as app:
        app.wait_until_alone()
        with served(app) as one, served(app) as two, served(app) as three:
            three.send(b"GET /f/forever HTTP/1.1\r\nHost: a\r\n\r\n")
            # Not before it has been idle for a while: its next request may be on its way.
            wait_until(lambda: app.ask(GET).status == 200)
            assert one.at_end()
            two.send(GET)
            assert two.response().status == 200


@pytest.mark.slow
def test_what_arrived_while_the_server_was_busy_came_in_time(firmware):
    """Time in which the server looked at nobody counts for no client's limit."""
    with HttpApp(firmware, body_ms=400) as app, app.client() as client, app.client() as other:
        client.send(post("Content-Length: 5", body=b"hel"))
        other.send(b"GET /f/busy?2000 HTTP/1.1\r\nHost: a\r\n\r\n")
        client.send(b"lo")
        assert other.response().status == 200
        assert client.response().status == 200


def fill_memory(app, size, count):
    """Asks with bodies that are sent but for the last byte; gives the clients, and those that were answered."""
    clients = {client.socket: client for client in [app.client() for _ in range(count)]}
    for client in clients.values():
        client.send(post(f"Content-Length: {size}", body=b"x" * (size - 1)))
    return clients, [clients[sock] for sock in select.select(clients, [], [])[0]]


def leave(app, clients):
    """Closes connections, and waits until the server has noticed."""
    for client in clients.values():
        client.__exit__()
    app.wait_until_alone()


def test_too_little_memory(firmware):
    """Bodies until no more fit into the heap: who is refused is told so, and nothing of it stays."""
    size = 16000
    with HttpApp(firmware, heap="400K", connections=100) as app:
        # So many connections that each give a buffer back fill the server's spare ones.
        together = {i: app.client() for i in range(10)}
        for client in together.values():
            client.send(GET[:10])
        app.ask(GET)
        leave(app, together)
        held = []
        for _ in range(3):
            # The log is full from the first round on.
            for _ in range(40):
                assert app.ask(GET.replace(b"/f/echo", b"/f/late_throw")).status == 500
            clients, refused = fill_memory(app, size, 60)
            for client in refused:
                response = client.response()
                assert (response.status, response["retry-after"]) == (503, ["1"])
                assert response.body == b"not enough memory for this request: try again later\n"
            leave(app, clients)
            # asyncio's queue refers to some ended tasks until others have run.
            held.append(min(app.stats()["heap"] for _ in range(20)))
        assert max(held[1:]) - held[0] < size // 2
        assert app.ask(post(f"Content-Length: {size}", body=b"x" * size)).status == 200


def test_no_memory_at_all(firmware):
    """Large and small bodies until there is no room for a connection either: the server is there afterwards."""
    with HttpApp(firmware, heap="400K", connections=250) as app:
        for _ in range(3):
            large, refused = fill_memory(app, 16000, 40)
            assert refused
            small, refused = fill_memory(app, 100, 80)
            assert refused
            leave(app, large | small)


def test_slow_bodies_leave_memory_for_others(firmware):
    """More slow bodies than the heap has room for: some are refused at once, and others are served meanwhile."""
    with HttpApp(firmware, heap="2M", connections=64, body=65536) as app:
        clients = [app.client() for _ in range(40)]
        for client in clients:
            client.send(post("Content-Length: 65536", body=b"x" * 65535))
        sockets = [client.socket for client in clients]
        select.select(sockets, [], [])
        for _ in range(20):
            assert app.ask(GET).status == 200
        refused = select.select(sockets, [], [])[0]
        for client in clients:
            if client.socket in refused:
                response = client.response()
                assert (response.status, response["retry-after"]) == (503, ["1"])
                assert response.body == b"too many large requests and responses: try again later\n"
        stats = app.stats()
        assert stats["shortages"]["bodies"] == stats["refused"]["503"] == len(refused)
        assert stats["shortages"]["heap"] == 0
        served = next(client for client in clients if client.socket not in refused)
        served.send(b"x")
        assert served.response().status == 200
        for client in clients:
            client.__exit__()
        app.wait_until_alone()
        assert app.stats()["held"] == 0


@pytest.mark.parametrize(
    ("limits", "complaint"),
    [
        ({"head": 100}, "limit head must be a whole number from 256 to 262144"),
        ({"heads": 1}, "unknown limit heads: use url, head, body"),
        ({"body": "1"}, "limit body must be a whole number"),
        ({"url": 4096, "head": 4096}, "limit url must be less than limit head"),
    ],
)
def test_limits_are_checked(firmware, limits, complaint, capfd):
    with pytest.raises(AssertionError):
        HttpApp(firmware, **limits)
    assert f"ValueError: {complaint}" in capfd.readouterr().err
