"""Events and abort signals: what is logged, what is killed, what waits, and what a function pays that has none."""

import quickjs
from common import answer, build, fails, handler, start

KV = {"KV": ("kv", ("get", "put"))}
HELLO = handler("return new Response('hello')")


def test_what_a_listener_throws_is_logged_and_the_others_are_called():
    call = start(
        handler(
            "const t = new EventTarget(), seen = [];"
            "t.addEventListener('x', function bad() { throw new TypeError('in a listener') });"
            "t.addEventListener('x', { handleEvent: 5 });"
            "t.addEventListener('x', { get handleEvent() { throw 'got' } });"
            "t.addEventListener('x', () => { throw { toString() { throw 'text' }, toJSON() { throw 'json' } } });"
            "t.addEventListener('x', () => { throw Object.assign(() => 1, { toString() { throw 'text' } }) });"
            "t.addEventListener('x', () => seen.push('last'));"
            "seen.push(t.dispatchEvent(new Event('x')));"
            "const c = new AbortController(); c.signal.onabort = () => { throw 'aborted' };"
            "c.signal.addEventListener('abort', () => seen.push('abort')); c.abort();"
            "return new Response(seen.join())"
        )
    )
    assert call.body == b"last,true,abort", call.error
    logs = call.logs()
    assert all(level == "e" for level, _ in logs), logs
    first, *rest = [text for _, text in logs]
    assert first.startswith("TypeError: in a listener\n    at bad (main.js:1:"), first
    assert rest[0].startswith("TypeError: handleEvent of an event listener must be a function"), rest
    assert rest[1:] == ["got", "[object]", "uncaught exception", "aborted"], rest


def test_a_listener_that_loops_is_killed():
    for body in (
        "const t = new EventTarget(); t.addEventListener('x', () => { for (;;); });"
        "t.addEventListener('x', () => console.log('on')); t.dispatchEvent(new Event('x')); console.log('on')",
        "const c = new AbortController(); AbortSignal.any([c.signal]).onabort = () => { for (;;); };"
        "c.signal.addEventListener('abort', () => { for (;;); }); c.abort(); console.log('on')",
        "const t = new EventTarget(); t.addEventListener('x', () => t.dispatchEvent(new Event('x')));"
        "for (;;) t.dispatchEvent(new Event('x'))",
        "addEventListener('x', { get handleEvent() { for (;;); } }); dispatchEvent(new Event('x'))",
    ):
        image = build(handler(body), cpu_ms=20)
        for _ in range(2):
            call = image.start("GET", "/", None)
            assert (call.state, call.error.kind) == (quickjs.ERROR, "cpu"), call.error
            assert [text for _, text in call.logs() if text == "on"] == []
        assert build(HELLO, arena=image.arena).start("GET", "/", None).body == b"hello"


def test_a_listener_that_is_killed_in_a_timeout():
    image = build(
        handler("AbortSignal.timeout(1).onabort = () => { for (;;); }; await env.KV.get()"), bindings=KV, cpu_ms=20
    )
    call = image.start("GET", "/", None)
    (_, timer) = sorted((name, number) for number, name, _ in call.ops())
    assert call.resolve(timer[1]) == quickjs.ERROR and call.error.kind == "cpu", call.error


def test_full_memory_in_a_dispatch():
    for body in (
        "const t = new EventTarget(), kept = [];"
        "t.addEventListener('x', (e) => kept.push(e, 'x'.repeat(1000) + kept.length));"
        "for (;;) t.dispatchEvent(new CustomEvent('x', { detail: kept }))",
        "const t = new EventTarget(); for (let i = 0; ; i++) t.addEventListener('x' + i, () => 1)",
        "const c = new AbortController(); for (;;) c.signal.addEventListener('abort', () => 1, { signal: c.signal })",
        "const c = new AbortController(), kept = []; for (;;) kept.push(AbortSignal.any([c.signal]))",
    ):
        image = build(handler(body), cpu_ms=10000)
        hello = build(HELLO, arena=image.arena)
        for _ in range(3):
            assert image.start("GET", "/", None).error.kind == "memory"
            assert hello.start("GET", "/", None).body == b"hello"


def test_signals_in_cycles_are_collected():
    source = handler(
        "for (let i = 0; i < 5000; i++) {"
        "  const c = new AbortController(), t = new EventTarget(), e = new CustomEvent('x', { detail: t });"
        "  t.c = c; t.e = e; t.bytes = new Uint8Array(4000); t.addEventListener('x', () => t, { signal: c.signal });"
        "  const any = AbortSignal.any([c.signal]); any.onabort = () => any; c.signal.any = any;"
        "}"
        "return new Response('done')"
    )
    assert answer(source, cpu_ms=60000) == b"done"


def test_a_call_that_waits_with_a_timeout_is_parked():
    source = handler(
        "const signal = AbortSignal.any([AbortSignal.timeout(7), new AbortController().signal]);"
        "await new Promise((done) => signal.addEventListener('abort', done, { once: true }));"
        "return new Response(`${request.url} ${signal.reason.name}`)"
    )
    image = build(source)
    calls = [image.start("GET", f"/{i}", None) for i in range(10)]
    hello = build(HELLO, arena=image.arena)
    assert hello.start("GET", "/", None).body == b"hello" and image.arena.parked_calls == 10
    for i, call in enumerate(calls):
        ((number, name, arguments),) = call.ops()
        assert (name, arguments) == ("timer", (7, False))
        assert call.resolve(number) == quickjs.DONE
        assert call.body == b"http://localhost/%d TimeoutError" % i


def test_longest_timeout():
    call = start(handler("AbortSignal.timeout(2 ** 40); AbortSignal.timeout(0.9); await new Promise(() => 1)"))
    assert [arguments for _, _, arguments in call.ops()] == [(2**31 - 1, False), (0, False)], call.error


def test_a_timeout_is_for_handlers_only():
    error = fails("thrown", build, "AbortSignal.timeout(5);" + HELLO)
    assert "AbortSignal.timeout is not available at the top level" in error.message, error.message


def test_listeners_of_the_top_level_are_there_for_each_request():
    source = (
        "const target = new EventTarget(), seen = [];"
        "target.addEventListener('x', () => seen.push('once'), { once: true });"
        "addEventListener('x', () => seen.push('global'));"
    ) + handler("target.dispatchEvent(new Event('x')); dispatchEvent(new Event('x')); return new Response(seen.join())")
    image = build(source)
    for _ in range(3):
        assert image.start("GET", "/", None).body == b"once,global"


NAMES = ("EventTarget", "Event", "CustomEvent", "AbortSignal", "AbortController", "addEventListener", "dispatchEvent")


def test_who_names_none_pays_nothing():
    halves = ",".join(f"['{name[:3]}', '{name[3:]}']" for name in NAMES)
    unnamed = f"[{halves}].map((name) => typeof globalThis[name.join('')]).join()"
    assert answer(handler(f"return new Response({unnamed})")) == b",".join([b"undefined"] * len(NAMES))
    named = ",".join(f"typeof {name}" for name in NAMES)
    assert answer(handler(f"return new Response([{named}].join())")) == b",".join([b"function"] * len(NAMES))
