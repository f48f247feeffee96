"""fetch() with a stream as the request's body, which is sent as the handler produces it."""

import threading

import pytest
from device_helpers import running
from upstream import Upstream, chunks, response
from waiting import wait_until


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("box")) as box:
        yield box


HANDLER = """
const bytes = (text) => new TextEncoder().encode(text);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
export default {{
  async fetch(request, env, ctx) {{
    const url = "{url}";
    const told = [0]; // how often a chunk was asked for, and why none is wanted any more
    const endless = (size = 10, pause = 0) => new ReadableStream({{
      async pull(controller) {{
        if (pause) await wait(pause);
        controller.enqueue(new Uint8Array(size).fill(120));
        told[0]++;
      }},
      cancel(reason) {{ told.push(`${{reason}}`); }},
    }}, {{ highWaterMark: 0 }});
    const post = (body, init) => fetch(url, {{ method: "POST", body, duplex: "half", ...init }});
    {body}
  }},
}};
"""


def deploy(box, url, body, **fields):
    fields = {"fetch": {"allow": ["127.0.0.1", "localhost"]}, **fields}
    box.deploy("one", HANDLER.format(url=url, body=body), route="/one", **fields)


def run(box, url, body, sent="the body", **fields):
    """What a handler answers."""
    deploy(box, url, body, **fields)
    return box.request("POST", "/one", sent)


def is_idle(box):
    """Whether nothing is left of any call, and of no connection."""
    status = box.device.call("status")
    text = box.device.execute("from edgelet.device import running; print(running().bindings.client._open)")
    return (status["waiting"], status["parked_bytes"], int(text)) == (0, 0, 0)


def mirror(connection, request):
    """Answers with the request's head, and the chunks of its body."""
    head, _, data = request.partition(b"\r\n\r\n")
    parts = [len(part) for part in chunks(connection, data)] if b"chunked" in head else []
    connection.sendall(response(head + b"\r\n\r\n" + repr(parts).encode()))
    return True


@pytest.mark.parametrize(
    ("body", "sizes"),
    [
        ("post(ReadableStream.from([bytes('ab'), bytes(''), bytes('cde')]))", [2, 3]),
        ("fetch(new Request(url, { method: 'PUT', body: ReadableStream.from([bytes('x')]) }))", [1]),
        ("fetch(new Request(url, request), { body: request.body.pipeThrough(new IdentityTransformStream()) })", [8]),
        (
            "post(request.body.pipeThrough(new TextDecoderStream()).pipeThrough(new TransformStream({"
            " transform(chunk, c) { c.enqueue(chunk.toUpperCase() + '!'); } })).pipeThrough(new TextEncoderStream()))",
            [9],
        ),
        ("post(ReadableStream.from([new Uint8Array(40000)]))", [16384, 16384, 7232]),
        ("post(new ReadableStream({ start(c) { c.close(); } }))", []),
        ("post(ReadableStream.from([new Uint16Array(3).buffer]), { headers: { 'content-length': '9' } })", [6]),
    ],
)
def test_a_stream_goes_chunked(box, body, sizes):
    with Upstream(mirror, heads=True) as upstream:
        for _ in range(2):
            text = run(box, upstream.url, f"return {body};").text
            assert "\r\ntransfer-encoding: chunked\r\n" in text and "content-length" not in text
            assert text.endswith(f"\r\n\r\n{sizes}")
    wait_until(lambda: is_idle(box))


def test_a_stream_whose_length_is_known_goes_in_that_length(box):
    with Upstream(lambda c, r: c.sendall(response(r)) is None) as upstream:
        body = """
        const { readable, writable } = new FixedLengthStream(8);
        const piped = request.body.pipeTo(writable);
        const answer = await fetch(new Request(url, { method: "POST", body: readable }));
        await piped;
        return answer;"""
        text = run(box, upstream.url, body).text
        assert "\r\ncontent-length: 8\r\n" in text and "transfer-encoding" not in text
        assert text.endswith("\r\n\r\nthe body")


@pytest.mark.parametrize(
    ("name", "text"),
    [("FixedLengthStream(3)", "TypeError"), ("FixedLengthStream(9)", "TypeError")],
)
def test_one_that_keeps_to_another_length_fails(box, name, text):
    with Upstream(lambda c, r: c.sendall(response(r)) is None) as upstream:
        body = f"return post(request.body.pipeThrough(new {name})).catch((e) => new Response(e.name));"
        assert run(box, upstream.url, body).text == text
        wait_until(lambda: upstream.closed == upstream.connections)
        assert upstream.requests == [] or b"the body" not in upstream.requests[0]


def test_each_part_is_sent_when_it_is_there(box):
    arrived = threading.Semaphore(0)
    parts = []

    def serve(connection, request):
        if request.startswith(b"GET"):
            arrived.acquire()
            connection.sendall(response(b"go on"))
            return True
        for part in chunks(connection, request.partition(b"\r\n\r\n")[2]):
            parts.append(part)
            arrived.release()
        connection.sendall(response(b"have all"))
        return True

    with Upstream(serve, heads=True) as upstream:
        body = """
        let n = 0;
        return post(new ReadableStream({ async pull(controller) {
          if (n) await (await fetch(url)).text();
          if (n++ === 3) controller.close(); else controller.enqueue(bytes(`part ${n}`));
        } }));"""
        assert run(box, upstream.url, body).text == "have all"
    assert parts == [b"part 1", b"part 2", b"part 3"]


def test_who_takes_nothing_holds_the_stream(box):
    with Upstream(lambda c, r: go_on.wait(), heads=True) as upstream:
        go_on = threading.Event()
        body = """
        const error = await post(endless(65536)).catch(String);
        await wait(50);
        return Response.json([error, ...told]);"""
        error, pulls, reason = run(box, upstream.url, body, limits={"fetch_ms": 300, "cpu_ms": 5000}).json()
        go_on.set()
    assert error.endswith("no response within 300 ms (fetch_ms)")
    assert reason == "Error: the other server takes too long (fetch_ms)"
    assert 0 < pulls < 200
    wait_until(lambda: is_idle(box))


@pytest.mark.slow
def test_the_time_that_the_handler_takes_is_its_own(box):
    with Upstream(mirror, heads=True) as upstream:
        body = """
        let n = 0;
        return post(new ReadableStream({ async pull(controller) {
          await wait(n === 1 ? 2000 : 10);
          if (n++ === 3) controller.close(); else controller.enqueue(bytes("x"));
        } }));"""
        assert run(box, upstream.url, body, limits={"fetch_ms": 1500}).text.endswith("[1, 1, 1]")


REST = "the rest of the request's body"


@pytest.mark.parametrize("status", ["413 Too Large", "401 Unauthorized", "500 Broken"])
def test_an_early_refusal_ends_it(box, status):
    def serve(connection, request):
        connection.sendall(response(b"no", status))
        connection.recv(1 << 20)

    with Upstream(serve, heads=True) as upstream:
        body = """
        const answer = await post(endless(10, 5));
        await wait(20);
        const before = told[0];
        await wait(50);
        return Response.json([answer.status, await answer.text(), told[0] - before, ...told.slice(1)]);"""
        *answer, reason = run(box, upstream.url, body).json()
    assert answer == [int(status[:3]), "no", 0]
    assert REST in reason
    wait_until(lambda: is_idle(box))


def test_an_early_answer_that_has_ended_ends_it(box):
    with Upstream(lambda c, r: c.sendall(response(b"enough")) is None, heads=True) as upstream:
        body = "const text = await (await post(endless(10, 5))).text(); await wait(30);"
        assert run(box, upstream.url, body + "return Response.json([text, told.length]);").json() == ["enough", 2]
    wait_until(lambda: is_idle(box))


def echo(connection, request):
    """Answers with each chunk as it comes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    for part in chunks(connection, request.partition(b"\r\n\r\n")[2]):
        connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
    connection.sendall(b"0\r\n\r\n")
    return True


COUNTED = """
let n = 0;
const body = new ReadableStream({ async pull(controller) {
  await wait(1);
  if (n++ === 5) controller.close(); else controller.enqueue(bytes(`${n} `));
} });
"""


@pytest.mark.parametrize(
    "body",
    [
        "return post(body);",
        "const r = await post(body); return new Response(r.body, r);",
        "return new Response(await (await post(body)).text());",
        "return new Response((await post(body)).body.pipeThrough(new IdentityTransformStream()));",
    ],
)
def test_both_ways_at_once(box, body):
    with Upstream(echo, heads=True) as upstream:
        for _ in range(3):
            assert run(box, upstream.url, COUNTED + body).text == "1 2 3 4 5 "
            wait_until(lambda: is_idle(box))


def test_a_body_that_fails_behind_the_answer_cuts_it(box):
    with Upstream(echo, heads=True) as upstream:
        body = "let answered; const answer = new Promise((done) => { answered = done; });"
        body += COUNTED.replace("controller.close();", "{ await answer; throw new RangeError('mine'); }")
        body += "const r = await post(body); answered(); return new Response(await r.text().catch(String));"
        assert run(box, upstream.url, body).text.endswith("the request's body is cut off")
        wait_until(lambda: upstream.closed == 1)
    wait_until(lambda: is_idle(box))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("new ReadableStream({ pull(c) { c.error(new RangeError('mine')); } })", "RangeError: mine"),
        ("new ReadableStream({ async pull() { await wait(5); throw 'mine'; } })", "mine"),
        (
            "ReadableStream.from(['text'])",
            "TypeError: a chunk of a body must be a Uint8Array: encode text with new TextEncoder()",
        ),
        (
            "request.body.pipeThrough(new TransformStream({ transform() { throw new Error('mine'); } }))",
            "Error: mine",
        ),
    ],
)
def test_a_stream_that_fails_is_the_error_of_the_fetch(box, body, error):
    cut = []

    def serve(connection, request):
        try:
            list(chunks(connection, request.partition(b"\r\n\r\n")[2]))
        except EOFError:
            cut.append(True)

    with Upstream(serve, heads=True) as upstream:
        assert run(box, upstream.url, f"return new Response(await post({body}).catch(String));").text == error
        wait_until(lambda: upstream.closed == upstream.connections)
        assert len(cut) == len(upstream.requests)
    wait_until(lambda: is_idle(box))


def take_all(connection, request):
    """Answers nothing."""
    while connection.recv(4096):
        pass


@pytest.mark.parametrize("early", [False, True], ids=["before the answer", "behind the head of the answer"])
def test_a_signal_ends_it(box, early):
    def serve(connection, request):
        if early:
            connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        take_all(connection, request)

    with Upstream(serve, heads=True) as upstream:
        body = """
        const controller = new AbortController();
        const end = () => controller.abort("enough");
        const early = setInterval(() => { if (told[0] > 2) { clearInterval(early); EARLY; } }, 5);
        const error = await post(endless(10, 5), { signal: controller.signal }).then((r) => { end(); return r.text(); })
          .catch(String);
        await wait(30);
        const before = told[0];
        await wait(30);
        return Response.json([error, told[0] - before, ...told.slice(1)]);"""
        body = body.replace("EARLY", "" if early else "end()")
        assert run(box, upstream.url, body).json() == ["enough", 0, "enough"]
        wait_until(lambda: upstream.requests and upstream.closed == upstream.connections)
    wait_until(lambda: is_idle(box))


def test_a_connection_that_is_cut_ends_it(box):
    with Upstream(lambda c, r: c.recv(100) and None, heads=True) as upstream:
        body = "const e = await post(endless(10, 2)).catch(String); await wait(20); return Response.json([e, told[1]]);"
        error, reason = run(box, upstream.url, body).json()
    assert error.startswith(f"TypeError: fetch: 127.0.0.1:{upstream.port}: ")
    assert REST in reason or reason == "Error: it ended the connection"
    wait_until(lambda: is_idle(box))


def test_one_that_cannot_be_sent_is_cancelled(box):
    body = """
    const errors = [];
    for (const url of ["http://10.0.0.1/", "http://127.0.0.1:1/", "ftp://x/"]) {
      const stream = endless();
      errors.push(await fetch(url, { method: "POST", body: stream }).catch((e) => e.name));
    }
    await wait(20);
    return Response.json([errors, told.length]);"""
    assert run(box, "", body).json() == [["TypeError"] * 3, 3]


def test_the_call_that_ends_ends_it(box):
    with Upstream(take_all, heads=True) as upstream:
        wall_ms = 100
        # Until there is time for the server to have its head.
        while not upstream.requests:
            wall_ms *= 2
            assert run(box, upstream.url, "await post(endless(10, 5));", limits={"wall_ms": wall_ms}).status == 504
            wait_until(lambda: upstream.closed == upstream.connections)
        assert run(box, upstream.url, "post(endless(10, 5)); return new Response('y');").text == "y"
        wait_until(lambda: upstream.closed == upstream.connections)
    wait_until(lambda: is_idle(box))


def test_bytes_are_limited(box):
    with Upstream(mirror, heads=True) as upstream:
        body = "return new Response(await post(endless(600)).catch(String));"
        text = f"TypeError: fetch: 127.0.0.1:{upstream.port}: the request's body has more than 1000 bytes (fetch_bytes)"
        assert run(box, upstream.url, body, limits={"fetch_bytes": 1000}).text == text


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_it_no_further(box, status):
    def serve(connection, request):
        if b" /next" in request:
            connection.sendall(response(request.split(b"\r\n")[0]))
        else:
            list(chunks(connection, request.partition(b"\r\n\r\n")[2]))
            connection.sendall(response(b"", f"{status} Elsewhere", location="/next"))
        return True

    with Upstream(serve, heads=True) as upstream:
        body = "return post(ReadableStream.from([bytes('x')])).catch((e) => new Response(`${e}`));"
        refused = "TypeError: fetch: redirected, and a body that is a stream cannot be sent again"
        expected = "GET /next HTTP/1.1" if status == 303 else refused
        assert run(box, upstream.url, body).text == expected


def test_functions_of_the_device_have_all_of_it_first(box):
    source = "export default { async fetch(r) { return new Response(`${r.headers.get('content-length')} "
    source += "${(await r.text()).length}`) } }"
    box.deploy("callee", source, route="/callee", limits={"body": 100_000})
    body = """
    const answers = [];
    for (const n of [0, 3, 11]) {
      let i = 0;
      const body = () => new ReadableStream({ async pull(controller) {
        await wait(1);
        if (i++ % (n + 1) === n) controller.close(); else controller.enqueue(new Uint8Array(10000));
      } });
      const init = () => ({ method: "POST", body: body() });
      answers.push(await (await env.B.fetch("http://b/", init())).text(), await (await fetch(url, init())).text());
    }
    answers.push(await env.B.fetch("http://b/", { method: "POST", body: new ReadableStream({
      async pull() { await wait(1); throw new RangeError("mine"); } }) }).catch(String));
    return Response.json(answers);"""
    url = f"http://127.0.0.1:{box.local.address[1]}/callee"
    bindings = {"B": {"type": "service", "function": "callee"}}
    too_large = "request body is too large\n"
    expected = ["0 0"] * 2 + ["30000 30000"] * 2 + [too_large] * 2 + ["RangeError: mine"]
    assert run(box, url, body, bindings=bindings).json() == expected
    memory = box.device.execute("from edgelet.device import running; print(running().server.memory.held)")
    assert int(memory) == 0
    wait_until(lambda: is_idle(box))
