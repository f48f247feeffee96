"""fetch() in a function, against servers on this computer."""

import gzip
import http.client
import json
import socket
import threading
import zlib

import pytest
from device_helpers import running
from dns_server import AAAA, A, DnsServer, a, answer, asked_kind, record
from fetch_helpers import deploy_probe, error, fetched
from upstream import Upstream, response
from waiting import wait_until


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("box")) as box:
        deploy_probe(box, ["127.0.0.1", "localhost", "*.example"])
        deploy_probe(box, ["localhost", "*"], "strict")
        deploy_probe(box, ["127.0.0.1"], "small", fetch_bytes=1000, subrequests=3)
        deploy_probe(box, ["127.0.0.1"], "hasty", fetch_ms=300)
        yield box


def echo(connection, request):
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    text = json.dumps({"method": method, "target": target, "headers": headers, "body": body.decode("latin-1")})
    connection.sendall(response(text.encode()))
    return True


@pytest.fixture(scope="module")
def upstream():
    with Upstream(echo) as upstream:
        yield upstream


def echoed(box, url, init=None):
    result = fetched(box, url, init)
    assert result["status"] == 200, result
    return json.loads(result["text"])


def test_a_get(box, upstream):
    seen = echoed(box, f"{upstream.url}/a%20b?c=d#e")
    assert seen == {
        "method": "GET",
        "target": "/a%20b?c=d",
        "headers": {"host": f"127.0.0.1:{upstream.port}"},
        "body": "",
    }


def test_method_headers_and_body(box, upstream):
    headers = {"X-A": "é", "Host": "evil.example", "Content-Length": "99", "Connection": "x", "Accept-Encoding": "gzip"}
    seen = echoed(box, upstream.url, {"method": "purge", "headers": headers, "body": "grüße"})
    assert (seen["method"], seen["target"], seen["body"]) == ("purge", "/", "grüße".encode().decode("latin-1"))
    assert seen["headers"] == {
        "host": f"127.0.0.1:{upstream.port}",
        "content-length": "7",
        "content-type": "text/plain;charset=UTF-8",
        "accept-encoding": "gzip",
        "x-a": "é",
    }


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("gzip, deflate, br, zstd", "gzip, deflate"),
        ("br;q=1.0, GZIP;q=0.5 , zstd", "GZIP;q=0.5 "),
        ("br, *;q=0.1", "gzip;q=0.1"),
        ("identity", "identity"),
        ("br", ""),
        ("", ""),
    ],
)
def test_codings_that_are_not_decoded_are_not_asked_for(box, upstream, asked, sent):
    seen = echoed(box, upstream.url, {"headers": {"accept-encoding": asked}})
    assert seen["headers"].get("accept-encoding", "").strip() == sent.strip()


@pytest.mark.parametrize(("method", "length"), [("POST", "0"), ("PUT", "0"), ("DELETE", None), ("OPTIONS", None)])
def test_no_body(box, upstream, method, length):
    assert echoed(box, upstream.url, {"method": method})["headers"].get("content-length") == length


HANDLER = """
export default {{
  async fetch(request, env, ctx) {{
    const url = "{url}";
    {body}
  }},
}};
"""


def run(box, url, body, **fields):
    """What a handler answers."""
    fields = {"fetch": {"allow": ["127.0.0.1"]}, **fields}
    box.deploy("one", HANDLER.format(url=url, body=body), route="/one", **fields)
    return box.request("POST", "/one", "the body")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('fetch(new Request(url, { method: "POST", body: "x", headers: { a: "b" } }))', ["POST", "x"]),
        ('fetch(new Request(url, { method: "POST", body: "x" }), { method: "PUT", body: "y" })', ["PUT", "y"]),
        ('fetch(new URL("/u", url), { method: "POST", body: new Uint8Array([65, 66]) })', ["POST", "AB"]),
        ('fetch(url, { method: "POST", body: new URLSearchParams({ a: "b c" }) })', ["POST", "a=b+c"]),
        ('fetch(url, { method: "POST", body: ReadableStream.from([new Uint8Array([67])]) })', ["POST", "C"]),
        ("fetch(new Request(url, request))", ["POST", "the body"]),
    ],
)
def test_inputs(box, upstream, body, expected):
    answer = run(box, upstream.url, f"return {body};")
    assert [answer.json()["method"], answer.json()["body"]] == expected


def test_a_response_passes_through(box):
    def serve(connection, request):
        packed = gzip.compress(b"hello")
        connection.sendall(
            response(packed, "418 I'm odd", content_encoding="gzip", x_a="b", set_cookie="a=1\r\nset-cookie: b=2")
        )

    with Upstream(serve) as upstream:
        answer = run(box, upstream.url, "return fetch(url);")
        assert (answer.status, gzip.decompress(answer.body), answer.headers["x-a"]) == (418, b"hello", "b")
        assert (answer.headers["content-encoding"], answer.headers["content-length"]) == ("gzip", str(len(answer.body)))
        result = fetched(box, upstream.url)
    assert result["statusText"] == "I'm odd"
    assert [value for name, value in result["headers"] if name == "set-cookie"] == ["a=1", "b=2"]


def test_headers_of_a_response_cannot_be_changed(box, upstream):
    body = """
    const response = await fetch(url);
    let first;
    try { response.headers.set("a", "b"); } catch (e) { first = e.name; }
    const copy = new Response(response.body, response);
    copy.headers.set("a", "b");
    const lengths = [copy.headers.get("a"), (await copy.text()).length > 0];
    return Response.json([first, ...lengths, response.bodyUsed]);
    """
    assert run(box, upstream.url, body).json() == ["TypeError", "b", True, True]


def test_many_at_once_and_in_the_background(box, upstream):
    body = """
    const all = await Promise.all(Array.from({ length: 40 }, (_, i) => fetch(`${url}/${i}`).then((r) => r.json())));
    ctx.waitUntil(fetch(`${url}/later`));
    return Response.json(all.map((one) => one.target));
    """
    assert run(box, upstream.url, body).json() == [f"/{i}" for i in range(40)]
    wait_until(lambda: any(b" /later " in request for request in upstream.requests))


def test_at_the_top_level_it_is_refused(box, upstream):
    source = f'const r = fetch("{upstream.url}").catch((e) => e.message);\n'
    source += "export default { async fetch() { return new Response(await r); } };"
    box.deploy("top", source, route="/top", fetch={"allow": ["127.0.0.1"]})
    assert "fetch" in box.get("/top").text
    assert "handler" in box.get("/top").text


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
    ],
)
def test_content_is_decoded(box, encoding, pack):
    packed = pack(b"hello" * 1000)

    def serve(connection, request):
        connection.sendall(response(packed, content_encoding=encoding))

    with Upstream(serve) as upstream:
        assert fetched(box, upstream.url)["text"] == "hello" * 1000


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [("204 No Content", "GET", b""), ("304 Not Modified", "GET", b""), ("200 OK", "HEAD", b"")],
)
def test_responses_without_a_body(box, status, method, body):
    def serve(connection, request):
        connection.sendall(f"HTTP/1.1 {status}\r\ncontent-length: 5\r\n\r\n".encode())
        return True

    with Upstream(serve) as upstream:
        for _ in range(2):
            result = fetched(box, upstream.url, {"method": method})
            assert (result["status"], result["text"]) == (int(status[:3]), "")
        assert upstream.connections == 1


def test_connections_are_used_again(box, upstream):
    fetched(box, upstream.url)
    before = upstream.connections
    for _ in range(5):
        fetched(box, upstream.url)
    assert upstream.connections == before


@pytest.mark.parametrize("tail", [b"", b"HTTP/1.1 200 OK\r\n"], ids=["closed", "more than asked for"])
def test_a_connection_that_has_ended_is_not_used_again(box, tail):
    def serve(connection, request):
        connection.sendall(response(b"x") + tail)

    with Upstream(serve) as upstream:
        for i in range(3):
            assert fetched(box, upstream.url, {"method": "POST"})["text"] == "x"
            assert upstream.connections == i + 1
            wait_until(lambda i=i: upstream.closed == i + 1)


def test_a_request_that_meets_the_end_is_sent_again(box):
    def serve(connection, request):
        # It hears of another request before it ends the connection.
        if upstream.connections == 1 and len(upstream.requests) == 2:
            return False
        connection.sendall(response(b"x"))
        return True

    with Upstream(serve) as upstream:
        assert [fetched(box, upstream.url)["text"] for _ in range(3)] == ["x"] * 3
        assert (upstream.connections, len(upstream.requests)) == (2, 4)


def test_a_post_that_meets_the_end_is_not(box):
    with Upstream(lambda c, r: len(upstream.requests) == 1 and not c.sendall(response(b"x"))) as upstream:
        assert fetched(box, upstream.url)["text"] == "x"
        assert error(box, upstream.url, {"method": "POST"}) == f"127.0.0.1:{upstream.port}: it ended the connection"
        assert len(upstream.requests) == 2


@pytest.mark.slow
def test_idle_connections_end(box):
    with Upstream(echo) as upstream:
        echoed(box, upstream.url)
        wait_until(lambda: upstream.closed == 1)


def redirecting(*steps):
    """Redirects from /0 to /1 and so on, and answers the last one with an echo."""

    def serve(connection, request):
        n = int(request.split(b" ")[1][1:2])
        if n == len(steps):
            return echo(connection, request)
        status, location = steps[n]
        connection.sendall(response(b"gone", f"{status} Redirected", location=location.format(port=port[0])))
        return True

    port = [0]
    return serve, port


SECRETS = {"Authorization": "a", "Cookie": "b", "X-Other": "c", "Content-Language": "d"}


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        *(
            (301, "POST", "GET"),
            (302, "POST", "GET"),
            (303, "POST", "GET"),
            (307, "POST", "POST"),
            (308, "POST", "POST"),
        ),
        *(
            (301, "PUT", "PUT"),
            (302, "DELETE", "DELETE"),
            (303, "PUT", "GET"),
            (303, "GET", "GET"),
            (301, "GET", "GET"),
        ),
    ],
)
def test_redirects_change_the_method_as_they_should(box, status, method, becomes):
    serve, _ = redirecting((status, "/1?x"))
    body = {} if method == "GET" else {"body": "text"}
    with Upstream(serve) as upstream:
        result = fetched(box, upstream.url + "/0", {"method": method, "headers": SECRETS, **body})
    seen = json.loads(result["text"])
    assert (result["url"], result["redirected"]) == (upstream.url + "/1?x", True)
    assert (seen["method"], seen["body"]) == (becomes, "text" if becomes == method and body else "")
    names = {"authorization", "cookie", "x-other"} | ({"content-language"} if becomes == method else set())
    assert names <= set(seen["headers"])
    assert ("content-language" in seen["headers"]) == ("content-language" in names)
    assert ("content-type" in seen["headers"]) == bool(becomes == method and body)


def test_secrets_do_not_leave_their_origin(box, upstream):
    serve, port = redirecting((307, "http://localhost:{port}/1"))
    with Upstream(serve) as upstream:
        port[0] = upstream.port
        headers = json.loads(fetched(box, upstream.url + "/0", {"headers": SECRETS})["text"])["headers"]
    assert {"authorization", "cookie"}.isdisjoint(headers)
    assert headers["x-other"] == "c"


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("http://10.0.0.1/", "10.0.0.1 is not allowed; add it to [fetch] allow in edgelet.toml"),
        ("http://other.test:8080/", "other.test:8080 is not allowed; add it to [fetch] allow in edgelet.toml"),
        ("file:///etc/passwd", "only http and https are known"),
        ("http://[", "redirected to what is no URL"),
        ("/0", "more than 20 redirects"),
    ],
)
def test_redirects_that_are_not_followed(box, location, text):
    serve, _ = redirecting((302, location))
    with Upstream(serve) as upstream:
        assert error(box, upstream.url + "/0") == text


def test_redirects_can_be_left_or_refused(box):
    serve, _ = redirecting((302, "/1"))
    with Upstream(serve) as upstream:
        result = fetched(box, upstream.url + "/0", {"redirect": "manual"})
        assert (result["status"], result["redirected"], result["text"]) == (302, False, "gone")
        assert error(box, upstream.url + "/0", {"redirect": "error"}).startswith("redirected")
    assert "must be follow, error or manual" in fetched(box, upstream.url, {"redirect": "x"})["error"]


def test_what_is_not_named_is_not_reached(box, upstream):
    refused = "localhost has the loopback address 127.0.0.1; add that, too, to [fetch] allow in edgelet.toml"
    assert error(box, f"http://localhost:{upstream.port}/", name="strict") == refused
    for url in ("http://127.1/", "http://0x7f000001/", "http://2130706433/", "http://127.0.0.1."):
        assert error(box, url, name="strict") == "127.0.0.1 is not allowed; add it to [fetch] allow in edgelet.toml"
    assert error(box, "http://[::ffff:127.0.0.1]/", name="strict").startswith("[::ffff:7f00:1] is not allowed")


@pytest.mark.parametrize("url", ["http://user:secret@127.0.0.1/", "http://127.0.0.1:99999/?secret", "secret"])
def test_no_error_has_a_secret_in_it(box, url):
    assert "secret" not in fetched(box, url)["error"]


USE_SERVER = """
from edgelet.device import running
from edgelet.outbound.resolver import Resolver
running().bindings._resolver = Resolver(lambda: ["127.0.0.1"], port={port})
running().bindings._client = None
"""


def test_no_name_leads_where_its_address_must_be_named(box, upstream):
    mapped = b"\0" * 10 + b"\xff\xff\x7f\0\0\1"
    answers = [
        {A: [a("10.0.0.1", ttl=0)]},
        {A: [a("169.254.169.254", ttl=0)]},
        {AAAA: [record(b"\xc0\x0c", AAAA, mapped, 0)]},
        {A: [a("192.168.0.1", ttl=0), a("127.0.0.1", ttl=0)]},
    ]
    turn = [0]
    with DnsServer(lambda q: [answer(q, *answers[turn[0]].get(asked_kind(q), []))]) as server:
        box.device.execute(USE_SERVER.format(port=server.port))
        url = f"http://rebind.example:{upstream.port}/"
        for kind in (
            "private address 10.0.0.1",
            "link-local address 169.254.169.254",
            "loopback address 0:0:0:0:0:ffff:",
        ):
            assert error(box, url).startswith(f"rebind.example has the {kind}")
            turn[0] += 1
        assert fetched(box, url)["status"] == 200
        assert error(box, url, name="strict").startswith("rebind.example has the loopback address 127.0.0.1")
        turn[0] = 0
        assert error(box, url).startswith("rebind.example has the private")


def test_limits(box):
    with Upstream(lambda c, r: c.sendall(response(b"x" * int(r.split(b" ")[1][1:]))) is None) as upstream:
        assert fetched(box, upstream.url + "/1000", name="small")["text"] == "x" * 1000
        text = f"127.0.0.1:{upstream.port}: the response has more than 1000 bytes (fetch_bytes)"
        assert error(box, upstream.url + "/1001", name="small") == text
    serve, _ = redirecting(*[(302, f"/{i}") for i in range(1, 5)])
    with Upstream(serve) as upstream:
        assert error(box, upstream.url + "/0", name="small") == "more than 3 requests for one (subrequests)"
    with Upstream(lambda c, r: c.recv(1) and None) as upstream:
        text = f"127.0.0.1:{upstream.port}: no response within 300 ms (fetch_ms)"
        assert error(box, upstream.url, name="hasty") == text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("await fetch(url, { signal: AbortSignal.timeout(30) })", "TimeoutError"),
        ("await fetch(new Request(url, { signal: AbortSignal.timeout(30) }))", "TimeoutError"),
        ("await fetch(url, { signal: AbortSignal.abort() })", "AbortError"),
        (
            "const c = new AbortController(); const p = fetch(url, { signal: c.signal }); c.abort('stop'); await p",
            "stop",
        ),
        (
            "const c = new AbortController(); setTimeout(() => c.abort(), 30); await Promise.all([1, 2].map(() => "
            "fetch(url, { signal: c.signal })))",
            "AbortError",
        ),
        (
            "const c = new AbortController(); const body = new ReadableStream({ pull() { c.abort(); } }); "
            "await fetch(url, { method: 'POST', body, signal: c.signal })",
            "AbortError",
        ),
    ],
)
def test_a_signal_ends_it(box, body, expected):
    ended = []
    with Upstream(lambda c, r: ended.append(c.recv(1))) as upstream:
        source = f"try {{ {body}; }} catch (e) {{ return new Response(e.name ?? e); }}"
        assert run(box, upstream.url, source).text == expected
        # Some end before the server has their request.
        wait_until(lambda: upstream.closed == upstream.connections)
        assert set(ended) <= {b""}


def test_a_signal_that_comes_too_late(box, upstream):
    body = """
    const controller = new AbortController();
    const response = await fetch(url, { signal: controller.signal });
    controller.abort();
    return new Response(await response.text());
    """
    assert run(box, upstream.url, body).json()["method"] == "GET"


def test_a_call_that_ends_ends_its_requests(box):
    ended, wall_ms = [], 100
    with Upstream(lambda c, r: ended.append(c.recv(1))) as upstream:
        # Until there is time for the server to have its request.
        while not ended:
            wall_ms *= 2
            assert run(box, upstream.url, "await fetch(url);", limits={"wall_ms": wall_ms}).status == 504
            wait_until(lambda: upstream.closed == upstream.connections)
        assert set(ended) == {b""}


def test_others_go_on_while_one_waits(box):
    with Upstream(lambda c, r: c.recv(1) and None) as upstream:
        body = "const wait = fetch(url); return new Response(await Promise.race([wait, 1]));"
        assert run(box, upstream.url, body).text == "1"


def parts(*sizes):
    """Sends a response without a length, each part when the test says so."""
    go_on = threading.Semaphore(0)

    def serve(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n")
        for size in sizes:
            connection.sendall(b"%x\r\n%s\r\n" % (size, b"x" * size))
            go_on.acquire()
        connection.sendall(b"0\r\n\r\n")
        return True

    return serve, go_on


def test_large_bodies(box):
    size = 3_000_000
    with Upstream(lambda c, r: c.sendall(response(b"x" * size)) is None) as upstream:
        body = "return Response.json((await (await fetch(url)).arrayBuffer()).byteLength);"
        limits = {"cpu_ms": 1000}
        assert run(box, upstream.url, body, limits=limits).json() == size
        answer = run(box, upstream.url, "return fetch(url);", limits=limits)
        assert (answer.body, answer.headers["content-length"]) == (b"x" * size, str(size))
        assert upstream.connections == 1


WAITING = "from edgelet.device import running\nprint(len(running().functions.get('one').pending))"


@pytest.mark.parametrize("body", ["return fetch(url);", "const r = await fetch(url); return new Response(r.body, r);"])
def test_a_response_is_handed_on_as_it_comes(box, body):
    serve, go_on = parts(5, 7)
    with Upstream(serve) as upstream:
        box.deploy("one", HANDLER.format(url=upstream.url, body=body), route="/one", fetch={"allow": ["127.0.0.1"]})
        connection = box.connection()
        connection.request("GET", "/one")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["x-a"]) == (200, "b")
        assert answer.read(5) == b"xxxxx"
        waiting = int(box.device.execute(WAITING))
        go_on.release()
        assert answer.read(7) == b"x" * 7
        go_on.release()
        assert answer.read() == b""
    assert waiting == 0  # the call was over
    record = next(record for record in reversed(box.logs()) if record.get("path") == "/one")
    assert (record["status"], record["bytes"], record["text"]) == (200, 12, "")


def test_parts_are_read_one_by_one(box):
    serve, go_on = parts(5, 7)
    with Upstream(serve) as upstream:
        body = """
        const lengths = [];
        const response = await fetch(url);
        const copy = response.clone();
        for await (const part of response.body) {
            lengths.push(part.length);
            await fetch("OTHER").then((r) => r.text());
        }
        return Response.json([...lengths, (await copy.text()).length]);
        """

        def release(connection, request):
            go_on.release()
            return echo(connection, request)

        with Upstream(release) as other:
            assert run(box, upstream.url, body.replace("OTHER", other.url)).json() == [5, 7, 12]


@pytest.mark.parametrize(
    "body",
    [
        "return new Response('y');",
        "await (await fetch(url)).body.cancel(); return new Response('y');",
        "const r = (await fetch(url)).body.getReader(); await r.read(); await r.cancel(); return new Response('y');",
        "const c = new AbortController(); const r = await fetch(url, { signal: c.signal }); c.abort(); "
        "return new Response(await r.text().catch((e) => e.name === 'AbortError' ? 'y' : `${e}`));",
        # Until there is time for the head.
        "let r, ms = 50; while (!r) r = await fetch(url, { signal: AbortSignal.timeout(ms *= 2) }).catch(() => null); "
        "return new Response(await r.text().catch((e) => e.name === 'TimeoutError' ? 'y' : `${e}`));",
    ],
)
def test_what_nobody_wants_is_not_read(box, body):
    ended = []

    def serve(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100)
        ended.append(connection.recv(1))

    with Upstream(serve) as upstream:
        assert run(box, upstream.url, "await fetch(url); " + body).text == "y"
        wait_until(lambda: upstream.closed == upstream.connections)
        assert ended and set(ended) == {b""}


def test_a_client_that_takes_nothing_holds_the_other_server(box):
    sent = []

    def serve(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.settimeout(1)
        total = 0
        try:
            while total < 1 << 29:
                total += connection.send(b"x" * 65536)
        except TimeoutError:
            # The system's buffers are full, and the device reads no more.
            sent.append(total)

    with Upstream(serve) as upstream:
        source = HANDLER.format(url=upstream.url, body="return fetch(url);")
        limits = {"fetch_bytes": 1 << 29, "cpu_ms": 5000}
        box.deploy("one", source, route="/one", fetch={"allow": ["127.0.0.1"]}, limits=limits)
        with socket.create_connection(box.local.address) as client:
            client.sendall(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 200"
            wait_until(lambda: sent)
    assert sent[0] < 1 << 26


@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize(
    ("body", "coding"),
    [
        ("return r;", "as it came"),
        ("return new Response(r.body, r);", "as it came"),
        ("return new Response(r.body, { headers: packed });", "as it came"),
        ("return new Response(await r.text(), r);", "gzip"),
        ("return new Response(await r.arrayBuffer(), r);", "gzip"),
        ("return new Response(r.clone().body, r);", "gzip"),
        ("return new Response('x', r);", "gzip"),
        ("return new Response(r.body.pipeThrough(new TransformStream()), r);", "gzip"),
        ("return new Response(r.body);", None),
        ("const n = new Response(r.body, r); n.headers.delete('content-encoding'); return n;", None),
        ("const n = new Response(r.clone().body, r); n.headers.delete('content-encoding'); return n;", None),
        ("await r.body.getReader().read(); return new Response('x');", None),
        # There is no brotli.
        ("return new Response(r.body, { headers: { 'content-encoding': 'br' } });", None),
    ],
)
def test_what_is_packed_is_handed_on_as_it_comes_where_it_says_so(box, body, coding, size):
    plain = b"x" * size
    packed = gzip.compress(plain, 0)
    with Upstream(lambda c, r: c.sendall(response(packed, content_encoding="gzip"))) as upstream:
        before = "const r = await fetch(url), packed = { 'content-encoding': 'gzip' };"
        source = HANDLER.format(url=upstream.url, body=f"{before} {body}")
        box.deploy("one", source, route="/one", fetch={"allow": ["127.0.0.1"]})
        answer = box.get("/one")
    assert (answer.body == packed) is (coding == "as it came")
    assert answer.headers.get("content-encoding") == (coding and "gzip")
    assert (gzip.decompress(answer.body) if coding else answer.body) in (plain, b"x")


@pytest.mark.parametrize(
    "body", ["return r;", "return new Response(await r.text(), r);", "return new Response(r.body, r);"]
)
def test_who_calls_a_function_gets_what_it_hands_on_unpacked(box, body):
    packed = gzip.compress(b"unpacked")
    with Upstream(lambda c, r: c.sendall(response(packed, content_encoding="gzip"))) as upstream:
        source = HANDLER.format(url=upstream.url, body=f"const r = await fetch(url); {body}")
        box.deploy("one", source, route="/one", fetch={"allow": ["127.0.0.1"]})
        source = """export default { async fetch(request, env) {
          const r = await env.B.fetch("http://b/");
          return new Response(r.headers.get("content-encoding") + (await r.text()));
        } }"""
        box.deploy("calling", source, route="/calling", bindings={"B": {"type": "service", "function": "one"}})
        assert box.get("/calling").text == "nullunpacked"


@pytest.mark.parametrize(
    "body",
    [
        "return answer;",
        "return new Response(answer.body, answer);",
        "return new Response(answer.body, { headers: answer.headers });",
        "return answer.clone();",
        "answer.clone(); return answer;",
        "return new Response(await answer.arrayBuffer(), answer);",
        "return new Response(answer.clone().body, answer);",
    ],
)
@pytest.mark.parametrize("size", [10, 100_000])
def test_what_comes_in_a_coding_that_is_not_read_is_handed_on_in_it(box, size, body):
    content = bytes(size)
    with Upstream(lambda c, r: c.sendall(response(content, content_encoding="br"))) as upstream:
        source = HANDLER.format(url=upstream.url, body=f"const answer = await fetch(url); {body}")
        box.deploy("one", source, route="/one", fetch={"allow": ["127.0.0.1"]})
        answer = box.get("/one")
    assert (answer.headers["content-encoding"], answer.body) == ("br", content)


def test_what_is_packed_is_handed_on_as_it_comes(box):
    packed = gzip.compress(b"x" * 50_000, 0)
    go_on = threading.Event()

    def serve(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + packed[:20_000])
        go_on.wait()
        connection.sendall(packed[20_000:])

    with Upstream(serve) as upstream:
        source = HANDLER.format(url=upstream.url, body="return fetch(new Request(url, request));")
        box.deploy("one", source, route="/one", fetch={"allow": ["127.0.0.1"]})
        client = box.connection()
        client.request("GET", "/one", headers={"accept-encoding": "gzip"})
        answer = client.getresponse()
        begun = answer.read(20_000)
        go_on.set()
        assert begun + answer.read() == packed
        client.close()


@pytest.mark.parametrize("stated", [3, 9])
def test_a_length_that_is_wrong_does_not_cut_what_is_handed_on(box, stated):
    serve, go_on = parts(5)
    go_on.release()
    with Upstream(serve) as upstream:
        init = f"{{ headers: {{ 'content-length': '{stated}' }} }}"
        answer = run(box, upstream.url, f"const r = await fetch(url); return new Response(r.body, {init});")
    assert answer.body == b"xxxxx"


def test_what_a_handler_adds_to_a_body_is_not_cut_to_the_length_that_it_had(box):
    body = """
    const transform = (chunk, controller) => { controller.enqueue(chunk); controller.enqueue(chunk); };
    const r = await fetch(url);
    return new Response(r.body.pipeThrough(new TransformStream({ transform })), r);"""
    with Upstream(lambda c, r: c.sendall(response(b"twice "))) as upstream:
        assert run(box, upstream.url, body).text == "twice twice "


def test_the_client_that_goes_ends_what_is_handed_on(box):
    ended = []

    def serve(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100)
        ended.append(connection.recv(1))

    with Upstream(serve) as upstream:
        source = HANDLER.format(url=upstream.url, body="ctx.waitUntil(fetch(url)); return fetch(url);")
        box.deploy("one", source, route="/one", fetch={"allow": ["127.0.0.1"]})
        with socket.create_connection(box.local.address) as client:
            client.sendall(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 200"
        # That behind the response may have ended before the server had its request.
        wait_until(lambda: ended and upstream.closed == upstream.connections)
        assert set(ended) == {b""}


def test_head_is_answered_without_the_body(box):
    with Upstream(lambda c, r: c.sendall(response(b"x" * 100_000))) as upstream:
        source = HANDLER.format(url=upstream.url, body="return fetch(url);")
        box.deploy("one", source, route="/one", fetch={"allow": ["127.0.0.1"]})
        answer = box.request("HEAD", "/one")
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "100000")


def test_what_head_tells_of_a_body_is_handed_on(box):
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 1234\r\ncontent-encoding: gzip\r\n\r\n"
    with Upstream(lambda c, r: c.sendall(head)) as upstream:
        source = HANDLER.format(url=upstream.url, body="return fetch(url, { method: request.method });")
        box.deploy("one", source, route="/one", fetch={"allow": ["127.0.0.1"]})
        answer = box.request("HEAD", "/one")
        assert (answer.status, answer.body) == (200, b"")
        assert (answer.headers["content-length"], answer.headers["content-encoding"]) == ("1234", "gzip")


def test_a_body_that_is_cut_off_cuts_what_is_handed_on(box):
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nxxxxx\r\n"
    with Upstream(lambda c, r: c.sendall(head)) as upstream:
        with pytest.raises(http.client.IncompleteRead):
            run(box, upstream.url, "return fetch(url);")
        caught = "return fetch(url).then((r) => r.text()).catch((e) => new Response(`${e}`));"
        text = f"TypeError: fetch: 127.0.0.1:{upstream.port}: the response is cut off"
        assert run(box, upstream.url, caught).text == text
    assert any(record["text"] == text.removeprefix("TypeError: ") for record in box.logs())


STALL = """
const steps = {
  async abort() {
    const controller = new AbortController();
    const answer = await fetch(url + "/stall", { signal: controller.signal });
    const text = answer.text();
    setTimeout(() => controller.abort(), 20);
    return text.catch((error) => error.name);
  },
  async cancel() {
    const reader = (await fetch(url + "/stall")).body.getReader();
    await reader.read();
    const read = reader.read();
    await new Promise((done) => setTimeout(done, 20));
    await reader.cancel();
    return (await read).done;
  },
};
const told = [];
for (let i = 0; i < 4; i++) told.push(await steps[new URL(request.url).search.slice(1)]());
for (let i = 0; i < 4; i++) told.push(await (await fetch(url + "/whole")).text());
if (request.method === "PUT") await fetch(url + "/held");
return Response.json(told);
"""


def stall(connection, request):
    """The beginning of a body, and nothing more; a whole response; or nothing."""
    if b"/held" not in request:
        whole = b"/whole" in request
        connection.sendall(response(b"whole") if whole else response(b"some", content_length="1000000"))
    return True


@pytest.mark.parametrize(("way", "given_up"), [("abort", "AbortError"), ("cancel", True)])
def test_a_body_that_is_given_up_while_it_is_read_leaves_nobody_in_the_way(box, way, given_up):
    """A task that waited for a closed socket stood in the way of the next one with its descriptor: anybody's."""
    with Upstream(stall) as upstream:
        source = HANDLER.format(url=upstream.url, body=STALL)
        box.deploy("one", source, route="/one", fetch={"allow": ["127.0.0.1"]})
        assert box.get(f"/one?{way}").json() == [given_up] * 4 + ["whole"] * 4
        with socket.create_connection(box.local.address) as waiting:
            waiting.sendall(f"PUT /one?{way} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
            wait_until(lambda: any(b"/held" in request for request in upstream.requests))
            clients = [socket.create_connection(box.local.address) for _ in range(20)]
            for client in clients:
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            for client in clients:
                with client:
                    assert b"".join(iter(lambda client=client: client.recv(4096), b"")).startswith(b"HTTP/1.1 200")
