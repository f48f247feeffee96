"""Images whose functions have their code outside of them."""

import random

import quickjs
from bundles import DIGEST, HEADER, resealed, without_library
from common import build, fails, handler, raises

COUNT = "let n = 0;" + handler("return new Response(String(++n))")
# Functions in functions, constants, captured variables, classes, generators, and what a top level leaves behind.
RICH = """
const table = { text: "a constant of the function's table", big: 12345678901234567890n, float: 0.1 };
class Base {
    #hidden = 7; static made = 0; constructor() { Base.made++ }
    get hidden() { return this.#hidden + table.float }
}
class More extends Base { *all(n) { for (let i = 0; i < n; i++) yield () => i * this.hidden; } }
function once() { return eval2("never called again") }
const eval2 = (text) => text.replace(/(n)ever/u, "$1ow");
const first = once();
let n = 0;
export default { async fetch(request) {
    const more = new More();
    const parts = [...more.all(3)].map((one) => one());
    await null;
    const late = await (async () => { try { null.x } catch (error) { return error.stack } })();
    return new Response([++n, first, table.big, Base.made, parts, late, String(once)].join("|"));
} };
"""


def arena_of(size=512 * 1024):
    return quickjs.Arena(size)


def code_of(arena, bundle, memory, part=4096, **options):
    """Put the code of a function where it is to lie, in parts of so many bytes; its size."""
    options.update(keep=False, code=memory)
    buffer = bytearray(part)
    at = 0
    size = 1
    while at < size:
        size, _ = arena.read_code(at, buffer, bundle, **options)
        n = min(part, size - at)
        memory[at : at + n] = buffer[:n]
        at += n
    return size


def split(arena, source, **options):
    """An image with its code outside, and the memory with that."""
    bundle = quickjs.compile({"main.js": source})
    memory = bytearray(16 * 1024)
    size = code_of(arena, bundle, memory, **options)
    draft = arena.build(bundle, keep=False, code=memory, **options)
    assert draft.code_size == size
    return arena.map(bytearray(draft.save()), memory), memory


def test_it_answers_as_with_its_code_inside():
    arena = arena_of()
    whole = arena.build(quickjs.compile({"main.js": RICH}))
    image, memory = split(arena, RICH)
    before = bytes(memory)
    for _ in range(3):
        expected, found = whole.start("GET", "/", None), image.start("GET", "/", None)
        assert expected.body.startswith(b"1|now called again|") and b"main.js:16:" in expected.body, expected.body
        assert found.body == expected.body, found.body
    # What is outside is missing inside, but for where nothing else fits.
    assert whole.size - image.size > image.code_size // 2
    assert memory == before


def test_it_is_the_same_in_parts_of_any_size():
    arena = arena_of()
    bundle = quickjs.compile({"main.js": RICH})
    memory = bytearray(16 * 1024)
    size = code_of(arena, bundle, memory, 16 * 1024)
    expected = bytes(memory)
    assert 1000 < size < 16 * 1024
    random.seed(3)
    for part in [64, 257, size - 1, size] + [random.randrange(64, size) for _ in range(6)]:
        memory[:] = bytes(len(memory))
        assert code_of(arena, bundle, memory, part) == size
        assert memory == expected, part


def test_it_lies_somewhere_else_at_another_address_only():
    arena = arena_of()
    image, memory = split(arena, COUNT)
    saved = image.save()
    fails("stale", arena.map, saved)
    fails("stale", arena.load, saved)
    fails("stale", arena.map, saved, bytearray(memory))
    fails("stale", arena.map, saved, memoryview(memory)[8:])
    fails("stale", arena.map, saved, memoryview(memory)[: image.code_size - 1])
    assert arena.map(saved, memoryview(memory)[: image.code_size]).start("GET", "/", None).body == b"1"


def test_what_was_damaged_does_not_run():
    arena = arena_of()
    bundle = quickjs.compile({"main.js": COUNT})
    image, memory = split(arena, COUNT)
    saved = image.save()
    for at in range(0, image.code_size, 7):
        memory[at] ^= 16
        fails("stale", arena.map, saved, memory)
        error = fails("stale", arena.build, bundle, keep=False, code=memory)
        assert "holds something else" in error.message
        memory[at] ^= 16
    assert arena.map(saved, memory).start("GET", "/", None).body == b"1"


def test_memory_that_is_too_small_tells_how_much_it_takes():
    arena = arena_of()
    bundle = quickjs.compile({"main.js": RICH})
    memory = bytearray(16 * 1024)
    size = code_of(arena, bundle, memory)
    small = memoryview(memory)[: size - 1]
    assert arena.read_code(0, bytearray(64), bundle, keep=False, code=small)[0] == size
    fails("stale", arena.build, bundle, keep=False, code=small)
    exact = memoryview(memory)[:size]
    assert arena.build(bundle, keep=False, code=exact).code_size == size


def test_the_longest_bytecode_is_told():
    arena = arena_of()
    memory = bytearray(64 * 1024)

    def longest(statements):
        body = "x = x * 3 + 1;" * statements
        bundle = quickjs.compile({"main.js": COUNT + f";const unused = (x) => {{ {body} return x }};"})
        return arena.read_code(0, bytearray(64), bundle, keep=False, code=memory)[1]

    # Of the bytecode: get_arg, push_3 and mul, push_1 and add, put_arg. The lines take 4 more.
    assert longest(2000) - longest(1000) == 1000 * (5 + 4)


def test_bad_arguments_are_refused():
    arena = arena_of()
    bundle = quickjs.compile({"main.js": COUNT})
    memory = bytearray(4096)
    raises(ValueError, arena.build, bundle, code=memory)
    raises(ValueError, arena.build, bundle, keep=False, code=memoryview(memory)[4:])
    raises(ValueError, arena.read_code, 0, bytearray(64), bundle, keep=False)
    raises(ValueError, arena.read_code, 4097, bytearray(64), bundle, keep=False, code=memory)
    raises(TypeError, arena.read_code, 0, b"constant", bundle, keep=False, code=memory)


def test_a_bundle_that_cannot_be_read_is_told():
    arena = arena_of()
    memory = bytearray(16 * 1024)
    part = bytearray(64)
    bundle = bytearray(quickjs.compile({"main.js": COUNT}))
    bundle[-1] ^= 1
    fails("bundle", arena.read_code, 0, part, bundle, keep=False, code=memory)
    # What it has read so far is freed.
    lost = without_library("import './lib.js'; export const f = (a) => { let b = a; return () => () => b };" + COUNT)
    for options in ({}, {"keep": False, "code": memory}):
        error = fails("import", arena.build, lost, **options)
        assert "import of 'lib.js' is not in the bundle" in error.message
    fails("import", arena.read_code, 0, part, lost, keep=False, code=memory)
    code_of(arena, quickjs.compile({"main.js": "throw 1;" + COUNT}), memory)
    fails("thrown", arena.build, quickjs.compile({"main.js": "throw 1;" + COUNT}), keep=False, code=memory)


def test_functions_that_were_read_before_what_cannot_be_are_freed():
    """Those in another one, near whose end the bytecode is damaged: they are verified, and their code is moved."""
    arena = arena_of()
    code = bytearray(16 * 1024)
    good = bytearray(quickjs.compile({"main.js": RICH}))
    # The engine's own checksum, which then counts for nothing.
    checksum = HEADER + 2 + len("main.js") + 4 + 1
    good[checksum : checksum + 4] = b"\xff" * 4
    for at in range(len(good) - 300, len(good) - DIGEST):
        bad = good[:]
        # The last opcode that QuickJS has: of a larger one it reads the size behind its table.
        bad[at] = 251
        bad = resealed(bad)
        code[:] = bytes(len(code))
        try:
            arena.read_code(0, code, bad, keep=False, code=code)
        except quickjs.Error as error:
            if error.kind == "bundle" and any(code):
                fails("bundle", arena.build, bad, keep=False, code=code)
                return
    raise AssertionError("all was read")


def test_what_the_engine_has_in_bytecode_is_read_by_the_top_level():
    arena = arena_of()
    source = "const all = await Array.fromAsync([1, 2]); const pairs = [...Iterator.zip([all, [3, 4]])];" + handler(
        "return new Response(String(await Array.fromAsync([pairs, all])))"
    )
    image, memory = split(arena, source)
    before = bytes(memory)
    for _ in range(2):
        assert image.start("GET", "/", None).body == b"1,3,2,4,1,2"
    assert memory == before


def test_kills_tell_where_it_was():
    arena = arena_of()
    source = "let n = 0;\nfunction spin() {\n  for (;;) n++;\n}\n" + handler("spin()")
    image, _ = split(arena, source, cpu_ms=5)
    call = image.start("GET", "/", None)
    assert call.error.kind == "cpu"
    assert call.error.stack == "    at spin (main.js:2:1)\n    at fetch (main.js:5:51)\n", call.error.stack
    deep = "let n = 0;" + handler("const a = []; for (;;) a.push([a])")
    image, _ = split(arena, deep)
    call = image.start("GET", "/", None)
    assert call.error.kind == "memory" and "main.js:1:" in call.error.stack


def test_a_request_may_free_functions():
    """The functions themselves are in the arena, and give away what is not."""
    arena = arena_of()
    source = "let kept = [() => 1, class { m() { return 2 } }];" + handler(
        "const was = kept.map((one) => one.length); kept = null; return new Response(String(was))"
    )
    image, memory = split(arena, source)
    before = bytes(memory)
    for _ in range(3):
        assert image.start("GET", "/", None).body == b"0,0"
    assert memory == before


def test_waiting_calls_are_parked_with_their_code_where_it_is():
    arena = arena_of()
    source = "let n = 0;" + handler("const mine = ++n; await env.KV.get('x'); return new Response(mine + ',' + n)")
    image, _ = split(arena, source, bindings={"KV": ("kv", ("get",))})
    other, _ = split(arena, RICH)
    calls = [image.start("GET", "/", None) for _ in range(4)]
    assert other.start("GET", "/", None).body.startswith(b"1|")
    for call in calls:
        assert call.resolve(call.ops()[0][0], None) == quickjs.DONE and call.body == b"1,1"


def test_the_buffer_of_its_code_may_not_move():
    arena = arena_of()
    image, memory = split(arena, COUNT)
    memory += bytes(1 << 20)
    raises(ValueError, image.start, "GET", "/", None)


def test_a_plain_build_needs_none():
    assert build(COUNT).code_size == 0
