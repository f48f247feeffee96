"""The web objects on a 32-bit microcontroller say what they say on Linux."""

import ast

import pytest
from qemu_helpers import MACHINES, Board, Linux, load_driver

pytestmark = pytest.mark.slow

EXPRESSIONS = [
    "[...new Headers({ B: ' 1 ', a: '\\u00e9', 'Set-Cookie': 'x' })]",
    "[...request.headers, request.method, request.url, request.peer]",
    "[request.text(), request.bodyUsed]",
    "new Response('\\u20ac', { status: 201, headers: { a: 'b' } }).clone().text()",
    "Response.json({ a: [1.5, -0, 1e300] }).text()",
    "[...new Uint8Array([1, 255])].concat([...new TextEncoder().encode('\\u{1f600}')])",
    "new Response(new Uint16Array([0x4142, 0x4344])).arrayBuffer().then((b) => [...new Uint8Array(b)])",
    "String(new URL('../x?y=\\u00e9#z', 'HTTP://u:p@EXAMPLE.com:080/a/b/'))",
    "['http://0x7f.1', 'http://4294967295', 'http://[1::2:0:0:3]'].map((u) => new URL(u).host)",
    "['http://4294967296', 'http://h:65536', 'http://[::1'].map((u) => URL.canParse(u))",
    "(() => { const u = new URL('foo://h/p'); u.port = '9'; u.searchParams.set('a b', '&'); return u.href })()",
    "(() => { const p = new URLSearchParams('b=1&a=%F0%9F%98%80&a=%f&\\ue000=z'); p.sort(); return [...p, p.size] })()",
    "new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0xe2, 0x82, 0x41, 0xf0, 0x9f, 0x98, 0x80]))",
    "(() => { const o = { d: new Date(5), m: new Map([[1n, [/x/g]]]) }; o.o = o; const c = structuredClone(o);"
    " return [c.d.getTime(), String(c.m.get(1n)[0]), c.o === c] })()",
    "[atob('AP8='), btoa('\\u00ff\\u0000')]",
    "new Request('http://h/', { method: 'post', body: new URLSearchParams('a=b') }).formData().then((f) => [...f])",
    "Response.redirect('http://h/a b', 308).headers.get('location')",
    "new Response(new Response('kept').clone().body.tee()[1]).text()",
    "new Response(ReadableStream.from(['a', '\u20ac']).pipeThrough(new TransformStream({ transform(text, c) {"
    " c.enqueue(new TextEncoder().encode(text)) } }, {}, { highWaterMark: 2.5, size: () => 0.1 }))).text()",
]

SOURCE = """
    export default { async fetch(request) {
        return Response.json(await Promise.all([].concat(await (%s))))
    } }
"""


@pytest.fixture(scope="module", params=MACHINES)
def targets(request):
    with Linux() as linux, Board(request.param) as board:
        load_driver(linux)
        load_driver(board)
        yield linux, board


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_same_result_as_on_linux(targets, expression):
    source = SOURCE % expression
    bundle = ast.literal_eval(targets[0].exec(f"print(quickjs.compile({{'main.js': {source!r}}}, strip=True))"))
    bodies = []
    for target in targets:
        requests = [("POST", "/a/../b?c", b"t\xc3\xa9xt")]
        code = f"run({target.hand(bundle)}, {requests!r}, cpu_ms=5000)"
        ((outcome, status, _, body, _),) = ast.literal_eval(target.exec(code))
        assert (outcome, status) == ("done", 200)
        bodies.append(body)
    assert bodies[0] == bodies[1]
