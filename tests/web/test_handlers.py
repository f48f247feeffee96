"""Both shapes of handler: what they are given, and what becomes of what they return."""

import base64
import json
import re
import time
from datetime import datetime

import pytest
from http_helpers import FRAMING_FIELDS, OTHER_FIELDS
from web_helpers import call, run_handler, run_one

FETCH = "export default {{ async fetch(request, env, ctx) {{ {} }} }}"
JSON_TYPE = ("content-type", "application/json")
TEXT_TYPE = ("content-type", "text/plain;charset=UTF-8")
LAMBDA = "export const handler = async (event, context) => {{ {} }}"


def fetch(firmware, code, **request):
    return run_one(firmware, FETCH.format(code), **request)


def lambda_(firmware, code, **request):
    return run_one(firmware, LAMBDA.format(code), **request)


# ---- what a fetch handler is given ----

DESCRIBE = """
    return Response.json({
        method: request.method, url: request.url, peer: request.peer, cf: request.cf === undefined,
        headers: [...request.headers], text: await request.text(), used: request.bodyUsed,
    })
"""


def test_fetch_sees_the_request(firmware):
    answer = fetch(
        firmware,
        DESCRIBE,
        method="PATCH",
        target="/a/b?c=d%20e",
        headers="Host: pico.local\r\nX-Two: 1\r\nx-two:\t2 \r\nAccept:\r\nX-Latin: \u00e9\r\n",
        body="b\u00f6dy".encode(),
    )
    assert answer.json == {
        "method": "PATCH",
        "url": "http://pico.local/a/b?c=d%20e",
        "peer": "192.0.2.7",
        "cf": True,
        "headers": [["accept", ""], ["host", "pico.local"], ["x-latin", "\u00c3\u00a9"], ["x-two", "1, 2"]],
        "text": "b\u00f6dy",
        "used": True,
    }


@pytest.mark.parametrize(
    ("scheme", "host", "target", "url"),
    [
        ("http", "pico.local", "/", "http://pico.local/"),
        ("https", "pico.local:8443", "/x", "https://pico.local:8443/x"),
        ("http", "PICO.local:80", "/x", "http://pico.local/x"),
        ("http", "192.168.4.1", "/a/../b/./c", "http://192.168.4.1/b/c"),
        ("http", "0x7f.1", "/", "http://127.0.0.1/"),
        ("http", "[::1]:8080", "//two//slashes", "http://[::1]:8080//two//slashes"),
        ("http", "h", "/%7e~!$&'()*+,;=:@?a=b/?#c", "http://h/%7e~!$&'()*+,;=:@?a=b/?#c"),
        ("http", "h", '/"<>`{}|^', "http://h/%22%3C%3E%60%7B%7D|%5E"),
        ("http", "h", "/\u00e9?\u00e9", "http://h/%C3%A9?%C3%A9"),
        ("http", "no host", "/x", "http://no host/x"),
    ],
)
def test_request_url_is_normalized(firmware, scheme, host, target, url):
    answer = fetch(firmware, "return new Response(request.url)", scheme=scheme, host=host, target=target)
    assert answer.text == url


def test_request_headers_cannot_be_changed(firmware):
    answer = fetch(
        firmware,
        """
        const outcomes = ["set", "append", "delete"].map((name) => {
            try { request.headers[name]("a", "b"); return "changed" } catch (error) { return error.name }
        })
        const copy = new Headers(request.headers)
        copy.set("a", "new")
        const again = new Request(request, { headers: { a: "own" } })
        again.headers.append("b", "c")
        outcomes.push(copy.get("a"), request.headers.get("a"), [...again.headers].join())
        return Response.json(outcomes)
        """,
        headers="a: old\r\n",
    )
    assert answer.json == ["TypeError", "TypeError", "TypeError", "new", "old", "a,own,b,c"]


@pytest.mark.parametrize(
    ("expression", "body", "expected"),
    [
        ("await request.json()", b'{"a":[1,"\xc3\xa9"]}', {"a": [1, "\u00e9"]}),
        ("await request.json()", b"\xef\xbb\xbf[1]", [1]),
        ("await request.json()", b'"\xff"', "\ufffd"),
        ("await request.json()", b"{", "SyntaxError"),
        ("await request.json()", b"", "SyntaxError"),
        ("await request.text()", b"\xef\xbb\xbfa\xff", "a\ufffd"),
        ("await request.text()", b"", ""),
        ("[...new Uint8Array(await request.arrayBuffer())]", b"\x00\xff", [0, 255]),
        ("[...await request.bytes()]", b"\x00\xff", [0, 255]),
        ("[...await request.formData()]", b"a=1&b=%C3%A9+x&a=", [["a", "1"], ["b", "\u00e9 x"], ["a", ""]]),
        ("await request.clone().text() + await request.text()", b"ab", "abab"),
        ("(await request.text(), await request.text())", b"ab", "TypeError"),
        ("(await request.text(), request.clone())", b"ab", "TypeError"),
        ("await new Request(request, { method: 'PUT' }).text()", b"moved", "moved"),
        ("(new Request(request), request.bodyUsed)", b"moved", True),
    ],
)
def test_request_body(firmware, expression, body, expected):
    answer = fetch(
        firmware,
        f"try {{ return Response.json({expression}) }} catch (error) {{ return Response.json(error.name) }}",
        method="POST",
        headers="Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n",
        body=body,
    )
    assert answer.json == expected


def test_request_without_body(firmware):
    answer = fetch(firmware, "const t = await request.text(); return Response.json([t, request.bodyUsed])")
    assert answer.json == ["", False]


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        (
            "text/plain",
            b"a=1",
            "formData() reads multipart/form-data and application/x-www-form-urlencoded, as Content-Type says it",
        ),
        ("multipart/form-data", b"--x--", "Content-Type of a multipart body names no boundary"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n',
            "the body is no well-formed multipart/form-data: it is cut off",
        ),
    ],
)
def test_what_is_no_form_is_refused_in_words(firmware, content_type, body, message):
    answer = fetch(
        firmware,
        "try { await request.formData() } catch (error) { return new Response(error.message) }",
        method="POST",
        headers=f"content-type: {content_type}\r\n",
        body=body,
    )
    assert answer.text == message


def test_an_uploaded_file(firmware):
    answer = fetch(
        firmware,
        """
            const form = await request.formData()
            const file = form.get("file")
            return new Response(file.slice(2), { headers: { "x-name": file.name, "x-note": form.get("note") } })
        """,
        method="POST",
        headers="content-type: multipart/form-data; boundary=x\r\n",
        body=b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="f.png"\r\nContent-Type: image/png\r\n\r\n'
        b"\x89PNG\0\xff\r\n--x--\r\n",
    )
    assert (answer.status, answer.body) == (200, b"NG\0\xff")
    assert ("x-name", "f.png") in answer.fields and ("x-note", "hi") in answer.fields


def test_env_and_this(firmware):
    (answer,) = run_handler(
        firmware,
        "export default { greeting: 'hi', fetch(r, env) { return new Response(this.greeting + env.NAME) } }",
        env={"NAME": "pico"},
    )
    assert answer.text == "hipico"


# ---- bodies as streams ----

# What middleware does that counts bytes on their way to the handler.
LIMIT = """
    const reader = request.body.getReader()
    let size = 0, refused = false
    const counted = new ReadableStream({ async start(controller) {
        for (;;) {
            const { done, value } = await reader.read()
            size += done ? 0 : value.length
            refused = size > 10
            if (done || refused) { break }
            controller.enqueue(value)
        }
        controller.close()
    } })
    const text = await new Request(request, { body: counted, duplex: "half" }).text()
    return refused ? new Response("too large", { status: 413 }) : new Response(text)
"""


@pytest.mark.parametrize(("size", "status", "text"), [(5, 200, "xxxxx"), (10, 200, "x" * 10), (5000, 413, "too large")])
def test_a_body_can_be_counted_on_its_way(firmware, size, status, text):
    answer = fetch(firmware, LIMIT, method="POST", body=b"x" * size)
    assert (answer.status, answer.text) == (status, text)


def test_a_large_body_comes_in_chunks(firmware):
    source = (
        "const sizes = []; for await (const c of request.body) { sizes.push(c.length) } return Response.json(sizes)"
    )
    answer = fetch(firmware, source, method="POST", body=bytes(10000))
    assert answer.json == [4096, 4096, 1808]


@pytest.mark.parametrize(
    "code",
    [
        "const inner = new Response('kept', { headers: { a: 'b' } }); return new Response(inner.body, inner)",
        "return new Response(new Response('kept', { headers: { a: 'b' } }).body, { headers: [['a', 'b']] })",
        "const r = new Response('kept', { headers: { a: 'b' } }); r.body; return r.clone()",
        "const [one] = new Response('kept').body.tee(); return new Response(one, { headers: { a: 'b' } })",
    ],
)
def test_a_response_wrapped_again_keeps_its_body(firmware, code):
    answer = fetch(firmware, code)
    assert (answer.status, answer.body, ("a", "b") in answer.fields) == (200, b"kept", True)


PUMP = """
    let sent = 0
    return new Response(new ReadableStream({{ async pull(controller) {{
        await new Promise((resolve) => setTimeout(resolve, 5))
        if (++sent > 3) {{ {} }}
        controller.enqueue(new TextEncoder().encode(`${{sent}} `))
    }} }}))
"""


def test_a_script_writes_the_response(firmware):
    assert fetch(firmware, PUMP.format("controller.close(); return")).text == "1 2 3 "


def test_a_script_that_fails_while_it_writes_the_response(firmware):
    answer = fetch(firmware, PUMP.format("throw new RangeError('mine')"))
    assert (answer.kind, answer.message) == ("thrown", "RangeError: mine")


def test_a_response_that_nobody_writes_is_stuck(firmware):
    assert fetch(firmware, "return new Response(new ReadableStream())").kind == "stuck"


def test_a_locked_response_is_refused(firmware):
    answer = fetch(firmware, "const r = new Response('x'); r.body.getReader(); return r")
    assert (answer.kind, answer.message) == (
        "thrown",
        "TypeError: the handler returned a Response whose body somebody else reads",
    )


@pytest.mark.parametrize("code", [1, 8, 31, 127])
def test_a_header_that_http_cannot_carry_is_refused(firmware, code):
    value = f"new Headers({{'x-a': 'a' + String.fromCharCode({code}) + 'b'}})"
    answer = fetch(firmware, f"return new Response('x', {{ headers: {value} }})")
    assert (answer.kind, answer.message) == (
        "thrown",
        "TypeError: the handler returned a Response whose header 'x-a' has a control character",
    )


def test_a_header_has_blanks_and_what_ascii_does_not_know(firmware):
    answer = fetch(firmware, "return new Response('', { headers: { 'x-a': 'a\\t \\xff~' } })")
    assert ("x-a", "a\t \xff~") in answer.fields


# ---- what a fetch handler returns ----


@pytest.mark.parametrize(
    ("expression", "status", "fields", "body"),
    [
        ("new Response('hello')", 200, [("content-type", "text/plain;charset=UTF-8")], b"hello"),
        (
            "new Response('\u20ac\\ud800')",
            200,
            [("content-type", "text/plain;charset=UTF-8")],
            b"\xe2\x82\xac\xef\xbf\xbd",
        ),
        ("new Response()", 200, [], b""),
        ("new Response(null, { status: 204 })", 204, [], b""),
        ("new Response(new Uint8Array([0, 255]))", 200, [], b"\x00\xff"),
        (
            "new Response(new URLSearchParams({ a: 'b c' }))",
            200,
            [("content-type", "application/x-www-form-urlencoded;charset=UTF-8")],
            b"a=b+c",
        ),
        ("Response.json({ a: 1 }, { status: 201 })", 201, [("content-type", "application/json")], b'{"a":1}'),
        ("Response.redirect('http://h/a b', 307)", 307, [("location", "http://h/a%20b")], b""),
        (
            "new Response('x', { headers: [['B', '1'], ['Set-Cookie', 'a=1'], ['b', '2'], ['set-cookie', 'c=2']] })",
            200,
            [
                ("b", "1"),
                ("set-cookie", "a=1"),
                ("b", "2"),
                ("set-cookie", "c=2"),
                ("content-type", "text/plain;charset=UTF-8"),
            ],
            b"x",
        ),
        (
            "new Response('x', { headers: { 'content-type': 'text/html', e: '\u00e9' } })",
            200,
            [("content-type", "text/html"), ("e", "\u00e9")],
            b"x",
        ),
        (
            "{ then(resolve) { resolve(new Response('thenable')) } }",
            200,
            [("content-type", "text/plain;charset=UTF-8")],
            b"thenable",
        ),
        ("new (class Page extends Response {})('mine')", 200, [("content-type", "text/plain;charset=UTF-8")], b"mine"),
    ],
)
def test_response(firmware, expression, status, fields, body):
    answer = run_one(firmware, f"export default {{ fetch() {{ return ({expression}) }} }}")
    assert (answer.status, answer.fields, answer.body) == (status, fields, body)


def test_shared_memory_is_absent(firmware):
    answer = fetch(firmware, "return Response.json([typeof SharedArrayBuffer, typeof Atomics])")
    assert answer.json == ["undefined", "undefined"]


def test_immutable_memory_is_not_written(firmware):
    answer = fetch(
        firmware,
        """
        const fixed = new Uint8Array(new Uint8Array(4).buffer.transferToImmutable())
        const write = [() => new TextEncoder().encodeInto("text", fixed), () => crypto.getRandomValues(fixed)]
        const outcomes = write.map((one) => { try { one(); return "written" } catch (error) { return error.name } })
        return Response.json([...outcomes, ...fixed])
    """,
    )
    assert answer.json == ["TypeError", "TypeError", 0, 0, 0, 0]


def test_a_status_is_converted_once(firmware):
    answer = fetch(
        firmware,
        """
        let count = 0
        const status = { valueOf() { count++; return 301 } }
        new Response("", { status })
        Response.json({}, { status })
        Response.redirect("http://a/", status)
        return Response.json(count)
    """,
    )
    assert answer.json == 3


@pytest.mark.parametrize("shape", ["fetch", "lambda"])
def test_fields_of_the_connection_are_left_out(firmware, shape):
    headers = json.dumps({name.title(): "x" for name in FRAMING_FIELDS + OTHER_FIELDS})
    if shape == "fetch":
        answer = fetch(firmware, f"return new Response(null, {{ headers: {headers} }})")
    else:
        answer = lambda_(firmware, f"return {{ statusCode: 200, headers: {headers} }}")
    assert answer.fields == [(name, "x") for name in OTHER_FIELDS]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("undefined", "the handler must return a Response, not undefined"),
        ("null", "the handler must return a Response, not null"),
        ("'text'", "the handler must return a Response, not a string"),
        ("5", "the handler must return a Response, not a number"),
        ("{ status: 200 }", "the handler must return a Response, not an object that is no Response"),
        ("[]", "the handler must return a Response, not an array"),
        ("Response", "the handler must return a Response, not a function"),
    ],
)
@pytest.mark.parametrize("form", ["fetch() {{ return ({}) }}", "async fetch() {{ return ({}) }}"])
def test_bad_result(firmware, form, expression, message):
    answer = run_one(firmware, "export default { " + form.format(expression) + " }")
    assert (answer.kind, answer.message) == ("result", "TypeError: " + message)


@pytest.mark.parametrize("form", ["fetch() {{ {} }}", "async fetch() {{ {} }}", "async fetch() {{ await 1; {} }}"])
def test_throwing_handler(firmware, form):
    answer = run_one(firmware, "export default { " + form.format("throw new RangeError('no')") + " }")
    assert (answer.kind, answer.message) == ("thrown", "RangeError: no")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("export const other = 1", "no handler: "),
        ("export default {}", "no handler: "),
        ("export default { fetch: 5 }", "no handler: "),
        ("export const handler = {}", "no handler: "),
    ],
)
def test_module_without_handler(firmware, source, message):
    answer = run_one(firmware, source)
    assert answer.kind == "handler"
    assert message in answer.message


def test_default_function_is_a_fetch_handler(firmware):
    assert run_one(firmware, "export default (request) => new Response(request.method)", method="PUT").text == "PUT"


def test_fetch_comes_before_lambda(firmware):
    source = """
        export default { fetch() { return new Response('fetch') } }
        export const handler = () => ({ statusCode: 200 })
    """
    assert run_one(firmware, source).text == "fetch"


def test_wait_until_keeps_the_call_in_the_background(firmware):
    source = FETCH.format(
        "ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 5))); return new Response('sent')"
    )
    waiting, done = (
        run_handler(firmware, source, call()),
        fetch(firmware, "ctx.waitUntil(1); return new Response('sent')"),
    )
    assert [(a.state, a.background, a.text) for a in [*waiting, done]] == [
        ("ended", True, "sent"),
        ("ended", False, "sent"),
    ]


def test_every_call_finds_pristine_objects(firmware):
    source = """
        let count = 0
        export default { fetch(request, env, ctx) {
            const seen = [count++, ctx.mark, Response.prototype.mark, typeof Headers.prototype.get, globalThis.left]
            ctx.mark = Response.prototype.mark = 1
            delete Headers.prototype.get
            globalThis.URL = globalThis.left = 5
            return Response.json(seen)
        } }
    """
    first, second = run_handler(firmware, source, call(), call())
    assert first.json == second.json == [0, None, None, "function", None]


# Each of these leaves nothing behind: what fails halfway, too.
REPEATED = [
    "new Headers({ a: 'b', 'set-cookie': 'c' }).append('a', '\u00e9')",
    "new Headers([['a']])",
    "new Headers({ 'a b': 'c' })",
    "new Headers({ a: '\\u0100' })",
    "new Headers({ get a() { throw 1 } })",
    "new Headers([['a', 'b'], 5])",
    "[...new Headers({ a: 'b', c: 'd' })]",
    "new Headers({ a: 'b' }).forEach(() => { throw 1 })",
    "{ const h = new Headers({ a: 'b', c: 'd' }); h.set('a', 'x'); h.delete('c'); h.getSetCookie(); h.h = h }",
    "{ const r = new Response('x', { headers: { a: 'b' }, statusText: 's' }); r.headers.r = r; r.clone(); r.text() }",
    "new Response('x', { status: 7 })",
    "new Response('x', { status: 204 })",
    "new Response({ toString() { throw 1 } })",
    "new Response('x', { headers: 5 })",
    "new Response(new Uint8Array(9)).arrayBuffer()",
    "Response.json({ a: [1] }).json()",
    "Response.json(() => 1)",
    "Response.redirect('http://h/')",
    "Response.redirect('bad')",
    "{ const q = new Request('http://h/', { method: 'POST', body: 'x' }); new Request(q); q.headers.q = q }",
    "new Request('http://h/', { body: 'x' })",
    "new Request('http://u:p@h/')",
    "request.clone().text()",
    "new URL('http://u:p@h:1/a/../b?c#d')",
    "{ const u = new URL('http://h/?a=1'); u.searchParams.set('b', 2); u.searchParams.u = u; u.search = '?z' }",
    "{ const u = new URL('http://h/'); u.host = '[::1]:5'; u.href = 'foo:x y'; u.protocol = 'bar'; u.href = 'bad' }",
    "new URL('http://[::g]/')",
    "new URL('x', 'bad')",
    "[new URL('blob:http://h/').origin, URL.canParse('x'), URL.parse('http://h/')]",
    "{ const p = new URLSearchParams('a=1&b=2&a=3'); p.set('a', 1); p.sort(); p.delete('b'); p.getAll('a'); [...p] }",
    "new URLSearchParams([['a']])",
    "new URLSearchParams('%ff=%ff').append('a', { toString() { throw 1 } })",
    "{ const f = new FormData(); f.append('a', 'b'); f.f = f; [...f.keys()] }",
    "new TextEncoder().encodeInto('\u20acx', new Uint8Array(3))",
    "{ const d = new TextDecoder(); d.decode(Uint8Array.of(0xe2), { stream: true }); d.decode(Uint8Array.of(255)) }",
    "new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff]))",
    "new TextDecoder('other')",
    "structuredClone({ a: [new Map([[1, new Set([/x/])]]), new Date(0), new Uint8Array(4), new Error('e')] })",
    "structuredClone({ a: [{}, () => 1] })",
    "structuredClone({ a: {}, get b() { throw 1 } })",
    "{ const r = new Response('x'); r.body.r = r; new Response(r.body, r).text() }",
    "new Response('x').body.getReader().read()",
    "await Promise.all(new Response('x').body.tee().map((branch) => new Response(branch).text()))",
    "{ const s = new ReadableStream({ start(c) { c.c = c }, pull() { throw 1 } });"
    " await (s.s = s.tee())[0].getReader().read() }",
    pytest.param(
        "{ const r = new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(9)); c.close() } }));"
        " await Promise.all([r.clone().text(), r.text()]) }",
        marks=pytest.mark.slow,
    ),
    "for await (const chunk of ReadableStream.from([1, 2])) { break }",
    "new ReadableStream({ start(c) { c.error(c) } }).getReader().closed.catch(() => 1)",
    "new ReadableStream().getReader().read()",
    "new ReadableStream({ cancel() { throw 1 } }).cancel().catch(() => 1)",
    "{ const w = new WritableStream({ write() { throw 1 } }).getWriter(); w.w = w; await w.write(1) }",
    "{ const w = new WritableStream().getWriter(); w.write(1); await w.close() }",
    "new WritableStream({ start() { throw 1 } })",
    "{ const t = new TransformStream(); const w = (t.t = t).writable.getWriter(); w.write(1); await w.abort(2) }",
    pytest.param(
        "await ReadableStream.from([1, 2]).pipeThrough(new TransformStream()).pipeTo(new WritableStream())",
        marks=pytest.mark.slow,
    ),
    "new TransformStream({ start() { throw 1 } })",
    "[new CountQueuingStrategy({ highWaterMark: 1 }), new ByteLengthQueuingStrategy({})]",
]


@pytest.mark.parametrize("statement", REPEATED)
def test_objects_give_their_memory_back(firmware, statement):
    source = f"""
        export default {{ async fetch(request) {{
            for (let i = 0; i < 60000; i++) {{
                try {{ {statement} }} catch {{}}
                if (i % 100 === 0) {{ await 1 }}
            }}
            return new Response("done")
        }} }}
    """
    (answer,) = run_handler(firmware, source, call(), memory=1024 * 1024)
    assert answer.text == "done", answer


# Code of the handler that runs in the middle of a native function and pulls away what that works on.
MEDDLING = (
    """
const b = new Uint8Array(64); new TextDecoder().decode(b, { get stream() { b.buffer.transfer() } })
const b = new Uint8Array(64); new TextEncoder().encodeInto({ toString() { b.buffer.transfer(); return "text" } }, b)
const v = new DataView(new ArrayBuffer(8)); const get = () => new ArrayBuffer(64); \\
    Object.defineProperty(v, "buffer", { get }); Object.defineProperty(v, "byteLength", { value: 60 }); \\
    await new Response(v).text(); new TextDecoder().decode(v)
const b = new ArrayBuffer(8, { maxByteLength: 64 }); const u = new Uint8Array(b, 4); \\
    new Response(u, { get status() { b.resize(0) } }); b.resize(2); new TextDecoder().decode(u)
const b = new ArrayBuffer(8, { maxByteLength: 64 }); const u = new Uint8Array(b), w = new Uint16Array(b); \\
    b.resize(64); new TextDecoder().decode(u); b.resize(1); new TextDecoder().decode(w); \\
    new TextEncoder().encodeInto("x".repeat(64), u); \\
    structuredClone([u, w]); new TextDecoder().decode(u)
const h = new Headers({ a: "1", b: "2", c: "3" }); h.forEach((v, k) => { h.delete(k); h.append(k + "x".repeat(99), v) })
const h = new Headers(); \\
    h.append({ toString() { h.append("a", "b".repeat(999)); return "a" } }, { toString() { h.delete("a") } })
const h = new Headers({ a: "1" }); \\
    for (const k of h.keys()) { h.delete(k); h.set("z" + k, "v".repeat(99)); if (k.length > 9) break }
const p = new URLSearchParams("a=1"); p.append("x", { toString() { p.delete("a"); return "y".repeat(999) } })
const p = new URLSearchParams("a=1&b=2"); p.set({ toString() { p.sort(); p.delete("b"); return "b" } }, "c")
const u = new URL("http://h/?a"); \\
    u.search = { toString() { u.href = "foo:x"; u.searchParams.append("q", "r"); return "?y" } }
const u = new URL("http://h/?a"); u.host = { toString() { u.href = "mailto:x"; return "new:5" } }; u.href
const o = { get a() { delete o.b; delete o.c; for (let i = 0; i < 99; i++) o["x" + i] = i }, b: {}, c: [] }; \\
    structuredClone(o)
const a = [1, 2, 3]; const get = () => { a.length = 0; a.push(...Array(500)) }; \\
    Object.defineProperty(a, 0, { get, enumerable: true }); structuredClone(a)
const m = new Map([[{ get x() { m.clear() } }, 1], [2, 3]]); structuredClone(m)
Map.prototype.set = () => { throw 1 }; structuredClone(new Map([[1, 2]]))
Map.prototype[Symbol.iterator] = () => [5, [1]][Symbol.iterator](); structuredClone(new Map([[1, 2]]))
globalThis.RegExp = globalThis.Error = () => 5; structuredClone([/x/, new TypeError("x")])
const r = new Request("http://h/", { method: "POST", body: "x" }); new Request(r, { get body() { r.text() } })
new Response("x", { get headers() { return { get a() { return { toString() { throw 1 } } } } } })
Object.setPrototypeOf(Array.prototype, { get 0() { throw 1 }, set 0(v) { throw 1 } }); \\
    new Headers({ "set-cookie": "a" }).getSetCookie(); ctx.waitUntil(1); new URLSearchParams("a=1").getAll("a")
const get = () => { ctx.waitUntil(1); ctx.waitUntil(2) }; \\
    ctx.waitUntil(Object.defineProperty(Promise.resolve(), "constructor", { get }))
Headers.prototype.get.call(new Response())
URL.prototype.__lookupSetter__("href").call(new Headers(), "x")
Reflect.construct(Headers, [{ a: "b" }], Response).status
Reflect.construct(Response, [], Object.defineProperty(function () {}, "name", { get() { throw 1 } }).bind())
new Headers({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: [] }) }) })
const i = new Headers({ a: "b" }).entries(); Object.getPrototypeOf(i).next.call({})
new Response("x".repeat(1e5)).text().then = 5; Response.prototype.text.call(request.headers)
Object.prototype.then = function (f) { f(5) }; await Response.json({}).json()
const s = new ReadableStream({ pull(c) { reader.releaseLock(); c.enqueue(1); c.close() } }, { highWaterMark: 0 }); \
    var reader = s.getReader(); await reader.read()
let c; const r = new ReadableStream({ start(x) { c = x } }).getReader(); r.read(); r.read(); \
    Object.defineProperty(Object.prototype, "then", { configurable: true, get() { r.releaseLock(); c.error(1) } }); \
    c.enqueue(1)
let c; new ReadableStream({ start(x) { c = x } }, { size() { c.error(1); return 1 } }); c.enqueue(1)
const s = new ReadableStream({ pull(c) { this.pull = this.cancel = null; c.error(1) }, cancel() {} }); \
    s.getReader().cancel(); await 1
const s = new Response("x".repeat(9999)).body.getReader(); const p = s.read(); \
    Object.defineProperty(Object.prototype, "then", { configurable: true, get() { s.cancel() } }); s.read(); s.read()
const [a, b] = new ReadableStream({ pull(c) { a.cancel(); b.cancel(); c.enqueue(1) } }).tee(); \
    await a.getReader().read()
const s = new WritableStream({ write(x, c) { c.error(1); w.releaseLock(); w.abort(2).catch(() => 1) }, close() {} }); \
    var w = s.getWriter(); w.write(1); w.close().catch(() => 1); await 1
const s = { start(x) { this.c = x }, write() { this.write = this.abort = null; this.c.error(1) }, abort() {} }; \
    const w = new WritableStream(s).getWriter(); await w.write(1); await w.abort(2)
const w = new WritableStream({}, { size() { w.releaseLock(); return 1 } }).getWriter(); await w.write(1)
const t = new TransformStream({ transform(x, c) { c.terminate(); c.error(1); t.readable.cancel().catch(() => 1) } }); \
    const w = t.writable.getWriter(); t.readable.getReader().read().catch(() => 1); await w.write(1)
const t = new TransformStream({}, {}, { highWaterMark: 1, size() { t.writable.abort(1); return NaN } }); \
    t.writable.getWriter().write(1); await t.readable.getReader().read()
let c; const r = new ReadableStream({ start(x) { c = x } }); const w = new WritableStream({ write() { c.error(1) } }); \
    Object.defineProperty(Object.prototype, "then", { configurable: true, get() { c.close() } }); \
    r.pipeTo(w).catch(() => 1); c.enqueue(1); await 1
let i = ReadableStream.from([1, 2, 3]).values(); i.next().then(() => i.return()); i = i.next(); await i
Reflect.construct(ReadableStream, [{ start(c) { c.enqueue(1) } }], Response).status
Reflect.construct(ReadableStreamDefaultReader, [new ReadableStream()], Object.defineProperty(function () {}.bind(), \
    "prototype", { get() { throw 1 } }))
const s = new ReadableStream({ pull(c) { r.text().catch(() => 1); c.enqueue(new Uint8Array(9)); c.close() } }); \
    const r = new Response(s); await r.text()
const b = new Uint8Array(9); \
    await new Response(new ReadableStream({ pull(c) { c.enqueue(b); b.buffer.transfer() } })).text()
""".strip()
    .replace("\\\n", "")
    .split("\n")
)


@pytest.mark.parametrize("statement", MEDDLING)
def test_meddling_hurts_nobody(firmware_asan, statement):
    source = f"""
        export default {{ async fetch(request, env, ctx) {{
            try {{ {statement} }} catch {{}}
            delete Object.prototype.then
            return new Response("still here")
        }} }}
    """
    assert run_one(firmware_asan, source).text == "still here"


# ---- the Lambda shape ----


def test_event(firmware):
    answer = lambda_(
        firmware,
        "return { statusCode: 200, body: event }",
        method="POST",
        target="/a%20b?x=1&y=%C3%A9+z&x=2&flag",
        headers="Host: pico.local\r\nX-A: 1\r\nx-a: 2\r\nCookie: a=1\r\nCookie: b=2\r\n__proto__: p\r\n",
        body="t\u00e9xt".encode(),
    )
    query = {"x": "2", "y": "\u00e9 z", "flag": ""}
    request_context = answer.json["requestContext"]
    check_request_time(request_context, "requestTime", "requestTimeEpoch")
    assert answer.json == {
        "version": "1.0",
        "resource": "/{proxy+}",
        "httpMethod": "POST",
        "path": "/a%20b",
        "headers": {"host": "pico.local", "x-a": "1, 2", "cookie": "a=1; b=2", "__proto__": "p"},
        "multiValueHeaders": {
            "host": ["pico.local"],
            "x-a": ["1", "2"],
            "cookie": ["a=1", "b=2"],
            "__proto__": ["p"],
        },
        "query": query,
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {"x": ["1", "2"], "y": ["\u00e9 z"], "flag": [""]},
        "pathParameters": None,
        "stageVariables": None,
        "body": "t\u00e9xt",
        "isBase64Encoded": False,
        "requestContext": {
            "accountId": "",
            "apiId": "",
            "domainName": "pico.local",
            "domainPrefix": "pico",
            "extendedRequestId": request_context["requestId"],
            "httpMethod": "POST",
            "identity": {"sourceIp": "192.0.2.7", "userAgent": None},
            "path": "/a%20b",
            "protocol": "HTTP/1.1",
            "requestId": request_context["requestId"],
            "requestTime": request_context["requestTime"],
            "requestTimeEpoch": request_context["requestTimeEpoch"],
            "resourcePath": "/{proxy+}",
            "stage": "$default",
        },
    }


def check_request_time(request_context, text, epoch):
    at = datetime.strptime(request_context[text], "%d/%b/%Y:%H:%M:%S %z")
    assert at.timestamp() == request_context[epoch] // 1000
    assert abs(time.time() - at.timestamp()) < 60


EVENT = "export const handler = async (event, context) => ({ statusCode: 200, body: event })"


def test_event_of_version_2(firmware):
    headers = "User-Agent: curl/8\r\nX-A: 1\r\nx-a: 2\r\nCookie: a=1; b=2 ;\r\nCookie: c=3\r\n"
    answer, bare = run_handler(
        firmware,
        EVENT,
        call("/a%20b?x=1&y=%C3%A9+z&x=2&flag", headers=headers, method="PUT", body=b"\xff", host="api.pico.local:8080"),
        call("/"),
        event_2=True,
    )
    request_context = answer.json["requestContext"]
    check_request_time(request_context, "time", "timeEpoch")
    assert answer.json == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/a%20b",
        "rawQueryString": "x=1&y=%C3%A9+z&x=2&flag",
        "cookies": ["a=1", "b=2", "c=3"],
        "headers": {"user-agent": "curl/8", "x-a": "1, 2"},
        "queryStringParameters": {"x": "1,2", "y": "\u00e9 z", "flag": ""},
        "requestContext": {
            "accountId": "",
            "apiId": "",
            "domainName": "api.pico.local",
            "domainPrefix": "api",
            "http": {
                "method": "PUT",
                "path": "/a%20b",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "curl/8",
            },
            "requestId": request_context["requestId"],
            "routeKey": "$default",
            "stage": "$default",
            "time": request_context["time"],
            "timeEpoch": request_context["timeEpoch"],
        },
        "body": "/w==",
        "isBase64Encoded": True,
    }
    assert bare.json.keys() == answer.json.keys() - {"cookies", "queryStringParameters", "body"}
    assert (bare.json["rawQueryString"], bare.json["headers"]) == ("", {})


@pytest.mark.parametrize(
    ("result", "status", "kind", "body"),
    [
        ("'text'", 200, JSON_TYPE, b"text"),
        ("{ a: [1] }", 200, JSON_TYPE, b'{"a":[1]}'),
        ("[1, 2]", 200, JSON_TYPE, b"[1,2]"),
        ("5", 200, JSON_TYPE, b"5"),
        ("undefined", 200, JSON_TYPE, b"null"),
        ("{ body: 'x' }", 200, JSON_TYPE, b'{"body":"x"}'),
        ("{ statusCode: 201, body: 'x' }", 201, TEXT_TYPE, b"x"),
    ],
)
def test_implicit_answers_of_version_2(firmware, result, status, kind, body):
    (answer,) = run_handler(firmware, LAMBDA.format(f"return {result}"), event_2=True)
    assert (answer.status, answer.fields, answer.body) == (status, [kind], body)


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("context.succeed({ statusCode: 201 })", "201"),
        ("context.done(null, { statusCode: 201 }); context.fail(new Error('late'))", "201"),
        ("context.fail(new Error('no'))", "Error: no"),
        ("context.done(new Error('no'))", "Error: no"),
        ("setTimeout(() => context.succeed({ statusCode: 201 }), 1); return new Promise(() => {})", "201"),
    ],
)
@pytest.mark.parametrize("form", ["async (event, context) =>", "(event, context) =>"])
def test_context_tells_the_outcome(firmware, form, code, ending):
    answer = run_one(firmware, f"export const handler = {form} {{ {code} }}")
    assert (answer.message or str(answer.status)) == ending


@pytest.mark.parametrize(
    ("code", "background"),
    [
        ("", True),
        ("context.callbackWaitsForEmptyEventLoop = true;", True),
        ("context.callbackWaitsForEmptyEventLoop = false;", False),
        ("delete context.callbackWaitsForEmptyEventLoop;", True),
        ("Object.defineProperty(context, 'callbackWaitsForEmptyEventLoop', { get() { for (;;); } });", False),
    ],
)
def test_what_a_lambda_handler_leaves_behind_goes_on(firmware, code, background):
    code += "setTimeout(() => console.log('late'), 1); return { statusCode: 200 }"
    assert lambda_(firmware, code).background is background


def test_a_lambda_handler_that_leaves_nothing_behind_is_over(firmware):
    assert lambda_(firmware, "return { statusCode: 200 }").background is False


@pytest.mark.parametrize("body", [b"\xff", b"\xff\xfe", b"ab\xc3", b"\x00\xed\xa0\x80"])
def test_binary_body_is_base64(firmware, body):
    answer = lambda_(firmware, "return { statusCode: 200, body: event }", method="POST", body=body)
    assert (answer.json["body"], answer.json["isBase64Encoded"]) == (base64.b64encode(body).decode(), True)


@pytest.mark.parametrize(("body", "expected"), [(None, None), (b"", ""), (b"\xef\xbb\xbfx", "\ufeffx")])
def test_text_body_of_event(firmware, body, expected):
    answer = lambda_(firmware, "return { statusCode: 200, body: event }", method="POST", body=body)
    assert (answer.json["body"], answer.json["isBase64Encoded"]) == (expected, False)


def test_context(firmware):
    source = LAMBDA.format(
        """
        const before = context.getRemainingTimeInMillis()
        for (let i = 0; i < 1e6; i++) {}
        return { statusCode: 200, body: { ...context, before, after: context.getRemainingTimeInMillis() } }
        """
    )
    (answer, other) = run_handler(firmware, source, call(), call(), memory=32 * 1024 * 1024)
    context = answer.json
    assert context["memoryLimitInMB"] == 32
    assert 0 < context["after"] < context["before"] <= 60000
    assert isinstance(context["functionName"], str)
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(uuid, context["awsRequestId"])
    assert context["awsRequestId"] != other.json["awsRequestId"]


@pytest.mark.parametrize(
    ("result", "status", "fields", "body"),
    [
        ("{ statusCode: 200 }", 200, [], b""),
        ("{}", 200, [], b""),
        ("{ body: 'x' }", 200, [TEXT_TYPE], b"x"),
        (
            "{ statusCode: '404', cookies: ['a=1', 'b=2; Path=/'] }",
            404,
            [("set-cookie", "a=1"), ("set-cookie", "b=2; Path=/")],
            b"",
        ),
        ("{ statusCode: 204, body: null }", 204, [], b""),
        ("{ statusCode: 304, body: '' }", 304, [TEXT_TYPE], b""),
        ("{ statusCode: 200, body: 'h\u00e9' }", 200, [TEXT_TYPE], b"h\xc3\xa9"),
        (
            "{ statusCode: 404, headers: { 'Content-Type': 'text/plain' }, body: { k: 'v' } }",
            404,
            [("content-type", "text/plain")],
            b'{"k":"v"}',
        ),
        ("{ statusCode: 200, body: [1, { toJSON() { return 2 } }] }", 200, [JSON_TYPE], b"[1,2]"),
        (
            "{ statusCode: 200, body: 'AP8=', isBase64Encoded: true }",
            200,
            [("content-type", "application/octet-stream")],
            b"\x00\xff",
        ),
        (
            "{ statusCode: 200, body: 'AP8', isBase64Encoded: 1 }",
            200,
            [("content-type", "application/octet-stream")],
            b"\x00\xff",
        ),
        (
            "{ statusCode: 200, body: '-_8', isBase64Encoded: true, headers: { 'content-type': 'a/b' } }",
            200,
            [("content-type", "a/b")],
            b"\xfb\xff",
        ),
        (
            "{ statusCode: 200, headers: { A: 5, b: true, c: undefined, d: ' x ' } }",
            200,
            [("a", "5"), ("b", "true"), ("d", "x")],
            b"",
        ),
        (
            "{ statusCode: 200, headers: { z: '1' }, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] } }",
            200,
            [("z", "1"), ("set-cookie", "a=1"), ("set-cookie", "b=2")],
            b"",
        ),
        (
            "{ statusCode: 200, headers: { 'content-length': '1', 'Transfer-Encoding': 'x' }, body: 'ab' }",
            200,
            [TEXT_TYPE],
            b"ab",
        ),
    ],
)
def test_lambda_result(firmware, result, status, fields, body):
    answer = lambda_(firmware, f"return {result}")
    assert (answer.status, answer.fields, answer.body) == (status, fields, body)


STATUS_RULE = "statusCode must be an integer from 200 to 599"
RESULT_RULE = "must be an object { statusCode, headers, body }, returned or given to done()"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("undefined", RESULT_RULE),
        ("'text'", RESULT_RULE),
        ("{ statusCode: 12345 }", STATUS_RULE),
        ("{ statusCode: 199 }", STATUS_RULE),
        ("{ statusCode: 200.5 }", STATUS_RULE),
        ("{ statusCode: 'ok' }", STATUS_RULE),
        ("{ statusCode: '' }", STATUS_RULE),
        ("{ statusCode: true }", STATUS_RULE),
        ("{ cookies: 'a=1' }", "cookies must be an array of texts"),
        ("{ cookies: [{}] }", "header set-cookie must be a string, number or boolean"),
        ("{ statusCode: NaN }", STATUS_RULE),
        ("{ statusCode: 200, body: 5 }", "body must be a string or an object"),
        ("{ statusCode: 200, body: () => 1 }", "body must be a string or an object"),
        ("{ statusCode: 200, body: { toJSON() {} } }", "body cannot be written as JSON"),
        ("{ statusCode: 200, body: '!', isBase64Encoded: true }", "isBase64Encoded is true, but the body is no base64"),
        (
            "{ statusCode: 200, body: 'AAAAA', isBase64Encoded: true }",
            "isBase64Encoded is true, but the body is no base64",
        ),
        ("{ statusCode: 200, body: {}, isBase64Encoded: true }", "isBase64Encoded needs a string as body"),
        ("{ statusCode: 200, headers: 5 }", "headers must be an object"),
        ("{ statusCode: 200, headers: ['a'] }", "headers must be an object"),
        ("{ statusCode: 200, headers: { 'X-Null': null } }", "header X-Null must be a string, number or boolean"),
        ("{ statusCode: 200, headers: { 'X-Object': {} } }", "header X-Object must be a string, number or boolean"),
        ("{ statusCode: 200, multiValueHeaders: { a: 'b' } }", "multiValueHeaders must hold arrays"),
        ("{ statusCode: 204, body: 'x' }", "statusCode 204, 205 and 304 do not go with a body"),
    ],
)
def test_bad_lambda_result(firmware, result, message):
    answer = lambda_(firmware, f"return {result}")
    assert (answer.kind, answer.message) == ("result", f"TypeError: the handler's result: {message}")


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ("{ 'a b': 'c' }", "TypeError: invalid header name 'a b'"),
        ("{ a: 'b\\r\\nc: d' }", "TypeError: header values must not contain NUL, CR or LF"),
        ("{ a: '\\u0100' }", "TypeError: header names and values must not contain characters above U+00FF"),
    ],
)
def test_lambda_headers_cannot_smuggle(firmware, headers, message):
    answer = lambda_(firmware, f"return {{ statusCode: 200, headers: {headers} }}")
    assert (answer.kind, answer.message) == ("result", message)


@pytest.mark.parametrize(
    "result",
    [
        "{ get statusCode() { throw new Error('mine') } }",
        "{ statusCode: 200, get body() { throw new Error('mine') } }",
        "{ statusCode: 200, body: { toJSON() { throw new Error('mine') } } }",
        "{ statusCode: 200, headers: { get a() { throw new Error('mine') } } }",
        "(() => { throw new Error('mine') })()",
    ],
)
def test_errors_of_lambda_code_stay_its_own(firmware, result):
    answer = lambda_(firmware, f"return {result}")
    assert (answer.kind, answer.message) == ("thrown", "Error: mine")


def with_done(firmware, body, form="(event, context, done) =>"):
    return run_one(firmware, f"export const handler = {form} {{ {body} }}")


@pytest.mark.parametrize(
    "form", ["(event, context, done) =>", "async (event, context, done) =>", "function (event, context, done)"]
)
@pytest.mark.parametrize(
    "body",
    [
        "done({ statusCode: 201, body: 'x' })",
        "done(null, { statusCode: 201, body: 'x' })",
        "done(undefined, { statusCode: 201, body: 'x' })",
        "done({ statusCode: 201, body: 'x' }); done({ statusCode: 500 })",
        "setTimeout(() => done({ statusCode: 201, body: 'x' }), 5)",
        "Promise.resolve().then(() => done({ statusCode: 201, body: 'x' }))",
        "done({ statusCode: 201, body: 'x' }); return { statusCode: 500 }",
    ],
)
def test_done(firmware, form, body):
    answer = with_done(firmware, body, form)
    assert (answer.status, answer.text) == (201, "x")


@pytest.mark.parametrize(
    ("parameters", "body"),
    [
        ("event, context, done", "return setTimeout(() => done(null, { statusCode: 201, body: 'x' }), 5)"),
        ("event, context, done", "setTimeout(() => done(null, { statusCode: 201, body: 'x' }), 5); return { on() {} }"),
        ("event, context", "return setTimeout(() => context.succeed({ statusCode: 201, body: 'x' }), 5)"),
        ("event, context", "setTimeout(() => context.done(null, { statusCode: 201, body: 'x' }), 5)"),
        ("event", "setTimeout(() => {}, 5); return { statusCode: 201, body: 'x' }"),
    ],
)
def test_what_is_returned_without_a_promise_does_not_come_before_done(firmware, parameters, body):
    answer = run_one(firmware, f"export const handler = function ({parameters}) {{ {body} }}")
    assert (answer.status, answer.text) == (201, "x")


def test_what_is_returned_without_a_promise_is_looked_at_once_nothing_can_call_done(firmware):
    answer = run_one(firmware, "export const handler = () => { setTimeout(() => {}, 5); return 5 }")
    assert (answer.kind, answer.message) == ("result", f"TypeError: the handler's result: {RESULT_RULE}")


def test_done_comes_before_a_rejection(firmware):
    answer = with_done(
        firmware, "done({ statusCode: 201 }); throw new Error('late')", "async (event, context, done) =>"
    )
    assert answer.status == 201


@pytest.mark.parametrize("body", ["done(new Error('mine'))", "done(new Error('mine'), { statusCode: 200 })"])
def test_done_with_an_error(firmware, body):
    answer = with_done(firmware, body)
    assert (answer.kind, answer.message) == ("thrown", "Error: mine")


@pytest.mark.parametrize(("value", "message"), [("'text'", "text"), ("5", "5"), ("true", "true")])
def test_done_with_what_is_no_object_is_an_error(firmware, value, message):
    answer = with_done(firmware, f"done({value})")
    assert (answer.kind, answer.message) == ("thrown", message)


@pytest.mark.parametrize("body", ["done()", "done(null)"])
def test_done_without_a_response(firmware, body):
    answer = with_done(firmware, body)
    assert (answer.kind, answer.message) == ("result", f"TypeError: the handler's result: {RESULT_RULE}")


def test_handler_with_done_that_never_calls_it_is_stuck(firmware):
    assert with_done(firmware, "").kind == "stuck"


# What Isere's published examples do: log everything, leave a timer behind, await, answer with an object as body.
ISERE_STYLE = """
    export const handler = async function (event, context, done) {
        console.log("environment:", process.env)
        console.log("context:", context)
        console.log("event:", event, globalThis.__event)
        setTimeout(() => { console.log("later") }, 1000)
        const value = await new Promise((resolve) => resolve("v"))
        return { statusCode: 404, headers: { "Content-Type": "text/plain" }, body: { k: value } }
    }
    console.log("outside")
"""


def test_isere_style_handler(firmware):
    answer = run_one(firmware, ISERE_STYLE)
    assert (answer.status, answer.fields, answer.text) == (404, [("content-type", "text/plain")], '{"k":"v"}')


# ---- what Workers have beside ----


@pytest.mark.parametrize(
    "body",
    [
        "event.respondWith(new Response(event.request.url))",
        "event.respondWith((async () => new Response(event.request.url))())",
        "event.respondWith({ then: (done) => done(new Response(event.request.url)) })",
        "event.waitUntil(new Promise((done) => setTimeout(done, 1)));"
        " event.respondWith(new Response(event.request.url))",
        "if (event instanceof Event && event.isTrusted && event.target === globalThis)"
        " event.respondWith(new Response(event.request.url))",
        "event.stopImmediatePropagation(); event.respondWith(new Response(event.request.url))",
    ],
)
def test_service_worker(firmware, body):
    source = f"addEventListener('fetch', (event) => {{ {body} }}); addEventListener('fetch', () => 1)"
    answer = run_one(firmware, source, target="/x")
    assert (answer.status, answer.text) == (200, "http://pico.local/x")
    assert answer.background == ("waitUntil" in body)


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("", "thrown", 'TypeError: no listener for "fetch" has called event.respondWith(response)'),
        ("throw new RangeError('mine')", "thrown", "RangeError: mine"),
        ("event.respondWith(5)", "result", "TypeError: the handler must return a Response, not a number"),
        ("event.respondWith(Promise.reject(new Error('mine')))", "thrown", "Error: mine"),
        (
            "event.respondWith(new Response()); event.respondWith(new Response())",
            "thrown",
            "InvalidStateError: respondWith was called already",
        ),
    ],
)
def test_service_worker_that_fails(firmware, body, kind, message):
    answer = run_one(firmware, f"addEventListener('fetch', (event) => {{ {body} }})")
    assert (answer.kind, answer.message) == (kind, message)


def test_env_of_a_service_worker_is_global(firmware):
    source = """
        const atTop = GREETING, own = typeof URL
        addEventListener("fetch", (event) => event.respondWith(Response.json([atTop, GREETING, own, GREETING = "set"])))
    """
    for answer in run_handler(firmware, source, call(), call(), env={"GREETING": "hi", "URL": "mine"}):
        assert answer.json == ["hi", "hi", "function", "set"]


def test_env_is_global_in_service_workers_only(firmware):
    answer = run_handler(firmware, FETCH.format("return new Response(typeof GREETING)"), env={"GREETING": "hi"})
    assert answer[0].text == "undefined"


def test_default_export_comes_before_listeners(firmware):
    source = "addEventListener('fetch', (event) => event.respondWith(new Response('listener')));"
    assert run_one(firmware, source + FETCH.format("return new Response('export')")).text == "export"


def test_env_can_be_imported(firmware):
    source = "import { env } from 'cloudflare:workers'; const atTop = env.GREETING;"
    body = "return Response.json([atTop, env.GREETING, env === arguments[1]])"
    (answer,) = run_handler(firmware, source + FETCH.format(body), env={"GREETING": "hi"})
    assert answer.json == ["hi", "hi", True]


def test_a_request_has_a_signal_that_nothing_aborts(firmware):
    assert fetch(
        firmware, "return Response.json([request.signal.aborted, request.signal === request.signal])"
    ).json == [
        False,
        True,
    ]


def test_what_the_global_scope_says_of_itself(firmware):
    body = """
        const near = Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000
        const before = performance.timeOrigin
        return Response.json([
            self === globalThis, typeof window, navigator.userAgent, request.cf === undefined, near,
            before === performance.timeOrigin, Object.keys(globalThis).includes("self"),
        ])
    """
    assert fetch(firmware, body).json == [True, "undefined", "edgelet", True, True, True, False]


@pytest.mark.parametrize(
    "expression",
    [
        "(1234.5).toLocaleString('de-DE')",
        "(1234.5).toLocaleString(undefined, { minimumFractionDigits: 2 })",
        "new Date(0).toLocaleString('en-GB')",
        "new Date(0).toLocaleDateString(undefined, { dateStyle: 'long' })",
        "new Date(0).toLocaleTimeString([], {})",
        "(12n).toLocaleString('de-DE')",
        "[1234.5].toLocaleString('de-DE')",
        "new Float32Array([1234.5]).toLocaleString(undefined, { minimumFractionDigits: 2 })",
        "(1234.5).toLocaleString('en-US', { style: 'currency', currency: 'EUR' })",
        "(1234.5).toLocaleString('en-GB')",
        "'a'.localeCompare('b', 'sv')",
        "'a2'.localeCompare('a10', undefined, { numeric: true })",
    ],
)
def test_a_locale_is_refused_in_words(firmware, expression):
    answer = fetch(firmware, f"return new Response({expression})")
    assert answer.kind == "thrown" and re.fullmatch(
        r"TypeError: (toLocaleString( of an? \w+)?|localeCompare) takes no options and no locale but en-US here: .*",
        answer.message,
    )


@pytest.mark.parametrize("expression", ["'i'.toLocaleUpperCase('tr')", "'I'.toLocaleLowerCase('az-Latn')"])
def test_cases_of_a_locale_that_has_its_own_are_refused(firmware, expression):
    answer = fetch(firmware, f"return new Response({expression})")
    assert answer.message.startswith("TypeError: the letters of this locale are not known here")


def test_without_a_locale_there_are_results(firmware):
    body = """
        return Response.json([
            (5).toLocaleString(), (5).toLocaleString(undefined, undefined), (255).toString(16), 'a'.localeCompare('b'),
            ['b', 'a'].sort((x, y) => x.localeCompare(y)).join(), new Date(0).toISOString(),
            typeof new Date(0).toLocaleString(), `${new Date(0)}`.slice(0, 15),
        ])
    """
    expected = ["5", "5", "ff", -1, "a,b", "1970-01-01T00:00:00.000Z", "string", "Thu Jan 01 1970"]
    assert fetch(firmware, body).json == expected
