"""Limits, from both sides."""

import quickjs
from common import answer, build, fails, handler, raises, start

HELLO = handler("return new Response('hello')")
BURN = "const burn = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };"
KV = {"KV": ("kv", ("get",))}


def arena_build(source=HELLO, size=512 * 1024, **options):
    return quickjs.Arena(size).build(quickjs.compile({"main.js": source}), **options)


def least(low, high, works):
    """The least number in (low, high] for which `works` holds, by bisection."""
    while high - low > 1:
        middle = (low + high) // 2
        if works(middle):
            high = middle
        else:
            low = middle
    return high


def test_ranges_of_options():
    for option, low, high in (
        ("cpu_ms", 1, 60000),
        ("memory", 48 * 1024, 512 * 1024),
        ("stack", 8 * 1024, 2 * 1024 * 1024),
    ):
        for value in (low - 1, high + 1, 0, -1):
            message = str(raises(ValueError, arena_build, **{option: value}))
            assert message == f"{option} must be {low} to {high}", message
        raises(TypeError, arena_build, **{option: "1"})
        assert arena_build(**{option: high}).start("GET", "/", None).body == b"hello"
    assert arena_build(cpu_ms=1).size > 0
    # Within the range, and too little for the built-ins.
    fails("memory", arena_build, memory=48 * 1024)


def test_ranges_of_arenas():
    for size in (64 * 1024 - 1, 2**30 + 1, 0, -5):
        raises(ValueError, quickjs.Arena, size)
    raises(TypeError, quickjs.Arena, "1")
    raises(TypeError, quickjs.Arena)
    assert quickjs.Arena(64 * 1024).size == 64 * 1024
    assert answer(HELLO, arena=quickjs.Arena(2**30)) == b"hello"


def test_names_and_methods():
    assert arena_build(name="ü" * 23 + "x").size > 0
    raises(ValueError, arena_build, name="ü" * 24)
    raises(TypeError, arena_build, name=5)
    source = handler("await env.N." + "m" * 43 + "()")
    call = start(source, bindings={"N": ("abc", ("m" * 43,))})
    assert call.ops()[0][1] == "abc." + "m" * 43
    raises(ValueError, arena_build, bindings={"N": ("abc", ("m" * 44,))})


def test_environment_and_bindings_are_checked():
    for env in ({"A": 1}, {1: "a"}, [], "x"):
        raises(TypeError, arena_build, env=env)
    for bindings in ([], {"A": 5}, {"A": ("kv", 5)}, {"A": (1, ("get",))}, {1: ("kv", ())}):
        raises(TypeError, arena_build, bindings=bindings)
    raises(ValueError, arena_build, bindings={"A": ("kv",)})
    many = {f"NAME{i}": "v" * 100 for i in range(200)}
    assert answer(handler("return new Response(Object.keys(env).length + env.NAME7)"), env=many) == b"200" + b"v" * 100
    odd = {"": "empty", "__proto__": "p", "a b": "c", "ü": "\0"}
    assert answer(handler("return new Response(Object.keys(env).length)"), env=odd) == b"4"


def test_cpu_time_is_that_of_all_turns():
    """Work is done in short turns, each far below the limit and too short for the timer to tick in it."""
    source = BURN + handler("for (;;) { burn(0.3); await env.KV.get(); }")
    call = start(source, bindings=KV, cpu_ms=20)
    turns = 0
    while call.state == quickjs.PENDING:
        turns += 1
        before = call.cpu_us
        assert before < 20000
        call.resolve(turns)
    assert call.error.kind == "cpu" and call.error.message == "CPU limit of 20 ms exceeded (cpu_ms)"
    assert 20000 <= call.cpu_us <= 20000 + 50000 and turns > 1


def test_cpu_time_begins_anew_with_each_call():
    image = build(BURN + handler("burn(6); return new Response('ok')"), cpu_ms=2000)
    assert sum(image.start("GET", "/", None).cpu_us for _ in range(5)) > 0
    image = build(handler("for (let i = 0; i < 1e5; i++); return new Response('ok')"), cpu_ms=1000)
    assert all(image.start("GET", "/", None).body == b"ok" for _ in range(300))


def test_time_that_a_call_waits_is_not_its_cpu_time():
    import time

    call = start(handler("await env.KV.get(); return new Response('ok')"), bindings=KV, cpu_ms=20)
    end = time.ticks_add(time.ticks_ms(), 60)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        pass
    assert call.resolve(1) == quickjs.DONE and call.cpu_us < 20000


def test_cpu_limit_of_the_top_level():
    error = fails("cpu", arena_build, "for (;;);" + HELLO, cpu_ms=5)
    assert error.message == "CPU limit of 5 ms exceeded (cpu_ms)" and "main.js:1:" in error.stack


def test_least_memory():
    """One byte less than what is used at most does not do; a request's own memory counts."""
    arena = quickjs.Arena(512 * 1024)
    bundle = quickjs.compile({"main.js": handler("return new Response('x'.repeat(Number(await request.text())))")})

    def builds(memory):
        try:
            arena.build(bundle, memory=memory)
        except quickjs.Error as error:
            assert error.kind == "memory" and error.message == f"memory limit of {memory} bytes exceeded (memory)"
            return False
        return True

    memory = least(48 * 1024, 512 * 1024, builds)
    image = arena.build(bundle, memory=memory + 32 * 1024)

    def serves(size):
        call = image.start("POST", "/", None, str(size))
        if call.state == quickjs.DONE:
            assert call.body == b"x" * size and call.peak <= memory + 32 * 1024
            return True
        assert call.error.kind == "memory" and call.error.message.startswith("memory limit of ")
        return False

    most = least(0, 64 * 1024, lambda size: not serves(size)) - 1
    assert 4 * 1024 < most < 32 * 1024 + 8192, most
    assert serves(most) and not serves(most + 64) and serves(1)


def test_memory_limit_is_below_the_arena():
    source = handler("const all = []; for (;;) all.push(new Uint8Array(1000));")
    small = start(source, memory=300 * 1024)
    large = start(source, memory=500 * 1024)
    assert small.error.kind == large.error.kind == "memory"
    assert 290 * 1024 < small.peak <= 300 * 1024 and 490 * 1024 < large.peak <= 500 * 1024


def test_memory_cannot_be_caught():
    source = handler("for (const all = []; ; ) try { all.push(new Array(1e5).fill(1)) } catch { all.length = 0 }")
    assert start(source).error.kind == "memory"


def test_depth_grows_with_the_stack():
    source = "let n = 0; const f = () => { n++; f(); };" + handler("try { f() } catch {} return new Response(n)")
    depths = [int(answer(source, stack=size * 1024)) for size in (256, 512, 1024, 2048)]
    assert depths[0] > 50
    for i, factor in enumerate((2, 2, 2)):
        assert 0.8 * factor < depths[i + 1] / depths[i] < 1.2 * factor, depths


def test_hello_runs_on_the_least_stack():
    assert answer(HELLO, stack=8 * 1024) == b"hello"


def test_stack_overflow_can_be_caught_or_ends_the_call():
    recursion = "const f = () => f() + 1;"
    caught = "try { f() } catch (e) { return new Response(e.name) }"
    assert answer(recursion + handler(caught)) == b"RangeError"
    assert start(recursion + handler("return f()")).error.kind == "stack"
    # The same text in an error of the handler's own is no overflow of the engine's.
    own = start(handler("throw new TypeError('Maximum call stack size exceeded')")).error
    assert own.kind in ("thrown", "stack") and own.message == "TypeError: Maximum call stack size exceeded"


def test_modules_of_a_bundle():
    files = {f"m{i}.js": "" for i in range(1, 1024)}
    files["main.js"] = HELLO
    assert len(quickjs.inspect(quickjs.compile(files))["modules"]) == 1024
    assert answer(files, arena=quickjs.Arena(4 * 1024 * 1024), cpu_ms=60000) == b"hello"
    files["one_more.js"] = ""
    assert str(raises(ValueError, quickjs.compile, files)) == "more than 1024 modules"


def test_length_of_module_paths():
    for length, fits in ((255, True), (256, False)):
        name = "m" * (length - 3) + ".js"
        files = {"main.js": "import x from './" + name + "';" + HELLO, name: "export default 1"}
        if fits:
            assert answer(files) == b"hello"
        else:
            fails("syntax", quickjs.compile, files)
