"""Functions that call each other, and fetch of the device itself: limits, errors, streams, recursion."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from device_helpers import running
from edgelet_host.device.console import DeviceError
from waiting import wait_until


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("service"), hostname="bench") as box:
        box.deploy("hello", "export default { fetch: () => new Response('hello') }", route="/hello")
        yield box


def handler(body, before=""):
    return f"{before} export default {{ async fetch(request, env, ctx) {{ {body} }} }}"


def service(function):
    return {"type": "service", "function": function}


def caller(box, body, callee, name="caller", **fields):
    """What a function answers that has the function `callee` as env.B."""
    box.deploy(name, handler(body), route=f"/{name}", bindings={"B": service(callee)}, **fields)
    return box.get(f"/{name}")


def idle(box):
    """Whether nothing is left of any call."""
    status = box.device.call("status")
    return (status["waiting"], status["parked_bytes"]) == (0, 0)


ECHO = handler(
    "const { method, url, headers } = request;"
    "if (url.endsWith('/moved')) return Response.redirect('http://b/there', 302);"
    "return Response.json({ method, url, headers: Object.fromEntries(headers), body: await request.text() },"
    " { status: 201, headers: { 'x-b': 'yes' } })"
)


def test_a_function_asks_another_one(box):
    box.deploy("echo", ECHO, route="/elsewhere", host="other.test")
    body = """
      const answers = [];
      const show = async (answer) =>
        answers.push({ status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() });
      await show(await env.B.fetch("http://b/x?y=1", { headers: { "X-A": "b", "Accept-Encoding": "gzip" } }));
      await show(await env.B.fetch(new Request("https://b.test:8443/", { method: "POST", body: "text" })));
      await show(await env.B.fetch("http://b/", { method: "PUT", body: new Response("from a stream").body }));
      await show(await env.B.fetch("http://b/moved"));
      await show(await env.B.fetch("http://b/", { method: "HEAD" }));
      return Response.json(answers);"""
    got, posted, put, moved, head = caller(box, body, "echo").json()
    assert (got["status"], got["headers"]["x-b"]) == (201, "yes")
    assert got["headers"]["content-length"] == str(len(got["body"]))
    assert json.loads(got["body"]) == {
        "method": "GET",
        "url": "http://b/x?y=1",
        "headers": {"host": "b", "x-a": "b"},
        "body": "",
    }
    posted = json.loads(posted["body"])
    assert (posted["method"], posted["url"], posted["body"]) == ("POST", "https://b.test:8443/", "text")
    assert posted["headers"] == {
        "host": "b.test:8443",
        "content-type": "text/plain;charset=UTF-8",
        "content-length": "4",
    }
    assert json.loads(put["body"])["body"] == "from a stream"
    assert json.loads(moved["body"])["url"] == "http://b/there"
    assert (head["status"], head["body"]) == (201, "")


def test_a_body_is_not_packed_for_who_calls(box):
    headers = "{ headers: { 'content-encoding': 'gzip' } }"
    streamed = "ReadableStream.from((async function* () { await 0; yield new TextEncoder().encode('text') })())"
    body = f"return new Response(request.url.endsWith('s') ? {streamed} : 'text', {headers});"
    box.deploy("packs", handler(body), route="/packs")
    assert gzip.decompress(box.get("/packs").body) == gzip.decompress(box.get("/packs/s").body) == b"text"
    for url in ("http://b/", "http://b/s"):
        answer = caller(box, f"return env.B.fetch('{url}')", "packs")
        assert ("content-encoding" in answer.headers, answer.body) == (False, b"text")
        read = "const r = await env.B.fetch('%s'); return Response.json([await r.text(), [...r.headers.keys()]]);"
        assert caller(box, read % url, "packs").json()[0] == "text"


def test_what_a_function_has_packed_itself_is_handed_on(box):
    source = """new Response(new Response("text").body.pipeThrough(new CompressionStream("gzip")),
        { headers: { "content-encoding": "gzip" }, encodeBody: "manual" })"""
    box.deploy("packs", handler(f"return {source};"), route="/packs")
    answer = caller(box, "return env.B.fetch('http://b/')", "packs")
    assert (answer.headers["content-encoding"], gzip.decompress(answer.body)) == ("gzip", b"text")


def test_each_call_has_its_own_record(box):
    box.deploy("echo", ECHO, route="/echo")
    assert caller(box, "return env.B.fetch('http://b/recorded')", "echo").status == 201
    wait_until(lambda: any(one.get("path") == "/caller" for one in box.logs()[-2:]))
    inner, outer = box.logs()[-2:]
    assert (inner["function"], inner["path"], inner["status"]) == ("echo", "/recorded", 201)
    assert (outer["function"], outer["path"], outer["status"]) == ("caller", "/caller", 201)
    assert inner["client"] == outer["client"] and inner["request"] != outer["request"]
    assert inner["bytes"] == outer["bytes"] > 0


FAILURES = {
    "class": ("throw new (class Own extends Error { name = 'Own' })('x')", {}, "Error: Own: x"),
    "thrown": ("throw new Error('no such user')", {}, "Error: no such user"),
    "type": ("null.x", {}, "TypeError: cannot read property 'x' of null"),
    "cpu": ("for (;;);", {"cpu_ms": 5}, "Error: failing: CPU limit of 5 ms exceeded (cpu_ms)"),
    "wall": ("await new Promise((r) => setTimeout(r, 60000))", {"wall_ms": 100}, "Error: failing: wall time limit of"),
    "result": ("return 7", {}, "Error: failing: TypeError: the handler must return a Response, not a number"),
    "stuck": ("await new Promise(() => {})", {}, "Error: failing: the handler waits for a promise that nothing can"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failure_is_an_error_of_the_call(box, kind):
    body, limits, text = FAILURES[kind]
    box.deploy("failing", handler(body), route="/failing", limits=limits)
    answer = caller(box, "return new Response(await env.B.fetch('http://b/').catch(String))", "failing").text
    assert answer.startswith(text)
    assert box.device.call("status")["functions"]
    assert idle(box)


def test_a_function_that_is_not_there(box):
    body = "return new Response(await env.B.fetch('http://b/').catch(String))"
    assert caller(box, body, "nobody").text == "Error: B: there is no function nobody on this device: deploy it"
    box.deploy("short-lived", handler("return new Response('here')"), route="/short")
    assert caller(box, "return env.B.fetch('http://b/')", "short-lived").text == "here"
    box.job("delete", "short-lived")
    assert caller(box, body, "short-lived").text.startswith("Error: B: there is no function short-lived")


@pytest.mark.slow
def test_a_function_that_is_replaced_meanwhile(box):
    source = handler("console.log('begun'); await new Promise((r) => setTimeout(r, 60000))")
    box.deploy("replaced", source, route="/replaced")
    body = "return new Response(await env.B.fetch('http://b/').catch(String))"
    box.deploy("caller", handler(body), route="/caller", bindings={"B": service("replaced")})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(box.get, "/caller")
        wait_until(lambda: any(one["text"] == "begun" for one in box.logs()))
        box.deploy("replaced", handler("return new Response('new')"), route="/replaced")
        assert answer.result().text == "Error: replaced: aborted: the function is being replaced"


STREAM = handler(
    """
  let n = 0;
  const body = new ReadableStream({
    async pull(controller) {
      await new Promise((done) => setTimeout(done, 1));
      if (++n > Number(new URL(request.url).searchParams.get("n"))) controller.close();
      else controller.enqueue(new TextEncoder().encode(n + " "));
    },
    cancel(reason) { console.log("cancelled after", n); },
  });
  return new Response(body);"""
)


def test_streams_go_through(box):
    box.deploy("stream", STREAM, route="/stream")
    body = """
      const path = new URL(request.url).searchParams.get("path");
      if (path === "pass") return env.B.fetch("http://b/?n=5");
      const answer = await env.B.fetch("http://b/?n=1000000");
      const reader = answer.body.getReader();
      const parts = [];
      for (let i = 0; i < 3; i++) parts.push(new TextDecoder().decode((await reader.read()).value));
      if (path === "cancel") { const read = reader.read(); await reader.cancel(); await read; }
      return Response.json(parts);"""
    box.deploy("caller", handler(body), route="/caller", bindings={"B": service("stream")})
    assert box.get("/caller?path=pass").text == "1 2 3 4 5 "
    for count, path in enumerate(("cancel", "leave")):
        assert box.get("/caller?path=" + path).json() == ["1 ", "2 ", "3 "]
        wait_until(lambda count=count: len([o for o in box.logs() if o["text"].startswith("cancelled after")]) > count)
        wait_until(lambda: idle(box))


BREAKING = handler(
    "let n = 0; return new Response(new ReadableStream({ async pull(c) {"
    " await new Promise((r) => setTimeout(r, 1));"
    " if (n++) throw new Error('broken'); c.enqueue(new Uint8Array(3)) } }))"
)


def test_a_stream_that_breaks_off_is_an_error(box):
    box.deploy("breaking", BREAKING, route="/breaking")
    body = "return new Response(await (await env.B.fetch('http://b/')).text().catch(String))"
    assert caller(box, body, "breaking").text == "Error: broken"


def test_a_stream_of_the_device_itself_that_breaks_off_tells_no_more_than_to_a_client(box):
    box.deploy("breaking", BREAKING, route="/breaking")
    port = box.local.address[1]
    body = f"return new Response(await (await fetch('http://127.0.0.1:{port}/breaking')).text().catch(String))"
    box.deploy("asking", handler(body), route="/asking", fetch={"allow": ["127.0.0.1"]})
    assert box.get("/asking").text == f"TypeError: fetch: 127.0.0.1:{port}: the response is cut off"


def test_large_bodies_both_ways(box):
    source = handler("const body = await request.arrayBuffer(); return new Response(body)")
    box.deploy("mirror", source, route="/mirror")
    body = """
      const bytes = new Uint8Array(700000).map((_, i) => i % 251);
      const answer = await env.B.fetch("http://b/", { method: "POST", body: bytes });
      const back = new Uint8Array(await answer.arrayBuffer());
      return Response.json([back.length, back.every((b, i) => b === i % 251),
        (await env.B.fetch("http://b/", { method: "POST", body: new Uint8Array(1100000) })).status]);"""
    assert caller(box, body, "mirror", limits={"cpu_ms": 1000}).json() == [700000, True, 413]
    body = "return env.B.fetch('http://b/', { method: 'POST', body: new Uint8Array(700000) })"
    answer = caller(box, body, "mirror")
    assert (len(answer.body), answer.headers["content-length"]) == (700000, "700000")
    assert box.device.execute("from edgelet.device import running; print(running().server.memory.held)").strip() == "0"


def test_static_files_answer(box, tmp_path):
    box.deploy(
        "files",
        {
            "main.js": handler("return new Response('handler')"),
            "public/a.txt": "x" * 50000,
            "public/a.txt.gz": "packed",
        },
        route="/files",
        static={"folder": "public"},
    )
    body = """
      const path = new URL(request.url).searchParams.get("path");
      if (path === "pass") return env.B.fetch("http://b/files/a.txt");
      const answer = await env.B.fetch("http://b/files/a.txt", request);
      return Response.json([answer.status, (await answer.text()).length, (await env.B.fetch("http://b/files/a.txt")).status,
        await (await env.B.fetch("http://b/x")).text()]);"""
    box.deploy("caller", handler(body), route="/caller", bindings={"B": service("files")})
    assert box.get("/caller", **{"Accept-Encoding": "gzip"}).json() == [200, 50000, 200, "handler"]
    assert box.get("/caller?path=pass").text == "x" * 50000
    assert idle(box)


def test_recursion_is_bounded(box):
    body = "return new Response(await env.B.fetch(request.url).then((r) => r.text()).then((t) => t + '.', String))"
    answer = caller(box, body, "caller")
    assert answer.text == "Error: calls of functions are more than 16 deep" + "." * 16
    box.deploy("other", handler(body), route="/other", bindings={"B": service("caller")})
    answer = caller(box, body, "other")
    assert answer.text == "Error: calls of functions are more than 16 deep" + "." * 16
    assert idle(box)


def test_calls_of_one_request_are_bounded(box):
    # Each calls itself three times, then again behind its response.
    body = """
      const call = () => env.B.fetch(request.url).then((r) => r.text(), (e) => e.message);
      const texts = await Promise.all([call(), call(), call()]);
      ctx.waitUntil(call());
      return new Response(texts.join());"""
    before = calls(box)
    assert "more than 32 calls of functions for one request" in caller(box, body, "caller").text
    wait_until(lambda: idle(box))
    assert calls(box) - before == 33
    assert box.get("/hello").text == "hello"


def calls(box):
    functions = box.device.call("status")["functions"]
    return sum(one["requests"] for one in functions if one["name"] == "caller")


def test_calls_count_among_the_subrequests(box):
    body = """
      const texts = [];
      for (let i = 0; i < 3; i++) texts.push(await env.B.fetch("http://b/").then((r) => r.text(), (e) => e.message));
      return Response.json(texts);"""
    box.deploy("plain", handler("return new Response('plain')"), route="/plain")
    refusal = "fetch: more than 2 requests for one (subrequests)"
    assert caller(box, body, "plain", limits={"subrequests": 2}).json() == ["plain", "plain", refusal]


def test_a_call_that_is_aborted_ends_the_other_function(box):
    source = handler("await new Promise((r) => setTimeout(r, 60000)); return new Response()")
    box.deploy("slow", source, route="/slow")
    body = """
      const error = await env.B.fetch("http://b/", { signal: AbortSignal.timeout(20) }).catch((e) => e.name);
      return new Response(error);"""
    assert caller(box, body, "slow").text == "TimeoutError"
    wait_until(lambda: idle(box))
    assert caller(box, "return env.B.fetch('http://b/')", "slow", limits={"wall_ms": 100}).status == 504
    wait_until(lambda: idle(box))


def test_a_head_is_limited_as_a_clients(box):
    box.deploy("plain", handler("return new Response('plain')"), route="/plain")
    body = """
      const ask = (n) => env.B.fetch("http://b/", { headers: Array.from({ length: n }, (_, i) => [`x-${i}`, "y"]) });
      return Response.json([await (await ask(255)).text(), await ask(256).catch(String)]);"""
    assert caller(box, body, "plain").json() == ["plain", "Error: the request has more than 256 header lines"]


def test_what_env_has_of_a_service(box):
    box.deploy("plain", handler("return new Response('plain')"), route="/plain")
    body = """
      const errors = [];
      for (const call of [() => env.B.fetch(), () => env.B.fetch("/relative"), () => env.B.fetch("ftp://b/"),
                          () => env.B.fetch.call({}, "http://b/"),
                          () => env.B.fetch("http://b/", { method: "x".repeat(99) })]) {
        errors.push(await call().then(() => "none", (e) => e.name));
      }
      return Response.json([String(env.B), typeof env.B.fetch, errors]);"""
    errors = ["TypeError"] * 4 + ["Error"]
    assert caller(box, body, "plain").json() == ["[object Fetcher]", "function", errors]


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ({"type": "service"}, "binding B of type service needs: function"),
        ({"type": "service", "function": 7}, "function name 7"),
        ({"type": "service", "function": "../x"}, "function name"),
        ({"type": "service", "function": "b", "x": 1}, "binding B has no 'x'; there are: function"),
    ],
)
def test_a_binding_that_is_none_is_refused(box, binding, message):
    with pytest.raises((DeviceError, Exception), match=message):
        box.deploy("bad", handler("return new Response()"), route="/bad", bindings={"B": binding})


CYCLE = handler(
    "if (request.url.endsWith('slow')) await new Promise((r) => setTimeout(r, 5));"
    "const call = () => env.B.fetch(request.url).then((r) => r.text(), () => 'refused');"
    "await Promise.all([call(), call()]);"
    "return new Response('done')"
)


@pytest.mark.slow
@pytest.mark.parametrize("places", [0, 1, 5])
def test_cycles_under_load_come_to_an_end(firmware, tmp_path, places):
    settings = {"waiting_requests": places, "queue_ms": 200, "queue_length": 8, "waiting_share": 100}
    with running(firmware, tmp_path, **settings) as box:
        box.deploy("hello", "export default { fetch: () => new Response('hello') }", route="/hello")
        box.deploy("a", CYCLE, route="/a", bindings={"B": service("b")})
        box.deploy("b", CYCLE, route="/b", bindings={"B": service("a")})
        with ThreadPoolExecutor(8) as pool:
            statuses = list(
                pool.map(lambda i: box.get("/ab"[:1] + "ab"[i % 2] + "?" + ["", "slow"][i % 2]).status, range(24))
            )
        assert set(statuses) <= {200, 503}
        assert 200 in statuses
        wait_until(lambda: idle(box))
        assert box.get("/hello").text == "hello"


def test_fetch_of_the_device_itself_takes_no_socket(box):
    port = box.local.address[1]
    body = f"""
      const path = new URL(request.url).searchParams.get("path");
      const ask = (url) => fetch(url).then(async (r) => [r.status, await r.text()], String);
      if (path === "self") return Response.json(await ask(request.url));
      return Response.json([
        await ask("http://127.0.0.1:{port}/hello"), await ask("http://bench.local:{port}/hello"),
        await ask("http://127.0.0.1:{port}/failing"), await ask("http://127.0.0.1:{port}/healthz"),
        await ask("http://localhost:{port}/hello"), await ask("http://bench:{port}/hello"),
      ]);"""
    box.deploy("failing", handler("throw new Error('x')"), route="/failing")
    allow = [f"127.0.0.1:{port}", f"bench.local:{port}", "localhost"]  # names need their address, too
    box.deploy("asking", handler(body), route="/asking", fetch={"allow": allow})
    before = box.device.execute(ACCEPTED)
    hello, named, failing, health, local, refused = box.get("/asking").json()
    assert hello == named == local == [200, "hello"]
    assert failing[0] == 500 and "the function failed; request id" in failing[1]
    assert health[0] == 200 and json.loads(health[1])["status"] == "ok"
    assert refused == f"TypeError: fetch: bench:{port} is not allowed; add it to [fetch] allow in edgelet.toml"
    # That of the test, and that of the device's own page.
    assert int(box.device.execute(ACCEPTED)) - int(before) == 2
    status, text = box.get("/asking?path=self").json()
    for _ in range(15):
        assert status == 200
        status, text = json.loads(text)
    assert (status, text) == (
        200,
        json.dumps(f"TypeError: fetch: 127.0.0.1:{port}: calls of functions are more than 16 deep"),
    )


def test_the_device_itself_by_any_of_its_addresses(box):
    port = box.local.address[1]
    url = f"http://[::ffff:127.0.0.1]:{port}/asking"
    body = f"return new Response(await fetch('{url}').then((r) => r.text(), String))"
    box.deploy("asking", handler(body), route="/asking", fetch={"allow": ["[::ffff:127.0.0.1]", "127.0.0.1"]})
    assert "calls of functions are more than 16 deep" in box.get("/asking").text


def test_the_client_is_whom_the_first_request_came_from(firmware, tmp_path):
    with running(firmware, tmp_path, proxies="127.0.0.1") as box:
        box.deploy("callee", handler("return new Response(request.peer)"), route="/callee")
        headers = "{ 'x-forwarded-for': '6.6.6.6' }"
        body = f"return new Response(await (await env.B.fetch('http://b/', {{ headers: {headers} }})).text())"
        box.deploy("caller", handler(body), route="/caller", bindings={"B": service("callee")})
        assert box.get("/caller", x_forwarded_for="9.9.9.9").text == "9.9.9.9"
        assert {one["client"] for one in box.logs() if one.get("status")} == {"9.9.9.9"}


def test_a_binding_may_change_its_kind_and_its_numbers(box):
    def limit(n):
        return {"B": {"type": "ratelimit", "limit": n, "period": 86400}}

    ask = "return Response.json((await env.B.limit({ key: 'a' })).success)"
    put = "await env.B.put('a', 'x'); return Response.json(await env.B.get('a') === 'x')"
    for body, bindings in ((ask, limit(1)), (put, {"B": {"type": "kv"}}), (ask, limit(1000)), (ask, limit(1000))):
        box.deploy("changing", handler(body), route="/changing", bindings=bindings)
        assert box.get("/changing").json() is True


ACCEPTED = """
from edgelet.device import running
server = running().server
if not hasattr(server, "accepted"):
    server.accepted, accept = 0, server._accept
    def counted(*args):
        accept(*args)  # raises where nobody is there
        server.accepted += 1
    server._accept = counted
print(server.accepted)
"""
