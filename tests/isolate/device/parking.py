"""Parking: calls that wait give the arena to others, go on, are dropped, and find no room."""

import gc

import quickjs
from common import build, fails, handler, raises, slices_of, start

KV = {"KV": ("kv", ("get", "put"))}
WAITS = handler("const id = request.url; const v = await env.KV.get(); return new Response(id + ' ' + v)")
HELLO = handler("return new Response('hello')")


def test_alone_in_the_arena_nothing_is_parked():
    image = build(WAITS, bindings=KV)
    for _ in range(3):
        call = image.start("GET", "/", None)
        call.ops()
        assert call.resolve(1) == quickjs.DONE
    assert (image.arena.parks, image.arena.resumes, call.parked_bytes) == (0, 0, 0)
    assert call.parking is None


def test_each_goes_on_where_it_waited():
    image = build(WAITS, bindings=KV)
    calls = [image.start("GET", f"/{i}", None) for i in range(20)]
    arena = image.arena
    assert arena.busy and arena.parked_calls == image.parked_calls == 19
    assert arena.parked_bytes == image.parked_bytes == sum(call.parked_bytes for call in calls)
    assert calls[-1].parked_bytes == 0 < calls[0].parked_bytes < 16 * 1024
    for i, call in enumerate(calls):
        assert call.ops() == [(1, "kv.get", ("KV",))] and call.parked_bytes == 0
        assert call.resolve(1, i) == quickjs.DONE and call.body == b"http://localhost/%d %d" % (i, i)
    assert (arena.parked_calls, arena.parked_bytes, image.parked_calls) == (0, 0, 0) and not arena.busy
    # The last one was in the arena when the first one came back.
    assert arena.parks == arena.resumes == 20
    assert arena.park_us > 0 and arena.resume_us > 0
    assert [call.parking[0] for call in calls] == [1] * 20
    assert sum([call.parking[1] for call in calls]) == arena.park_us + arena.resume_us


def test_who_does_not_wait_is_never_parked():
    first = build(WAITS, bindings=KV)
    hello = build(HELLO, arena=first.arena)
    call = first.start("GET", "/", None)
    for _ in range(10):
        assert hello.start("GET", "/", None).body == b"hello"
    assert call.resolve(1, "v") == quickjs.DONE and call.body == b"http://localhost/ v"
    assert (first.arena.parks, first.arena.resumes) == (1, 1)


# Beside the endless derivation even the first slice of what comes after it is short.
ENDLESS = (
    "const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(8), iterations: 1000 };"
    "const names = ['deriveBits', 'deriveKey'];"
    "const key = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, names);"
    "crypto.subtle.deriveBits({ ...algorithm, iterations: 2 ** 32 - 1 }, key, 400);"
)
DERIVES = handler(
    ENDLESS + "const bits = await crypto.subtle.deriveBits(algorithm, key, 400);"
    "const hmac = { name: 'HMAC', hash: 'SHA-256', length: 400 };"
    "const derived = await crypto.subtle.deriveKey(algorithm, key, hmac, true, ['sign']);"
    "const same = (await crypto.subtle.exportKey('raw', derived));"
    "if (!crypto.subtle.timingSafeEqual(bits, same)) throw new Error('they differ');"
    "return new Response(bits)"
)


def derived():
    from hashlib import sha256

    # RFC 8018, section 5.2, with a password and a salt of zeros.
    def mac(data):
        return sha256(b"\x5c" * 64 + sha256(b"\x36" * 64 + data).digest()).digest()

    out = b""
    for index in (1, 2):
        block = mac(bytes(8) + bytes((0, 0, 0, index)))
        total = int.from_bytes(block, "big")
        for _ in range(999):
            block = mac(block)
            total ^= int.from_bytes(block, "big")
        out += total.to_bytes(32, "big")
    return out[:50]


def test_a_long_derivation_goes_on_in_slices_with_others_between_them():
    image = build(DERIVES, cpu_ms=60000)
    hello = build(HELLO, arena=image.arena)
    calls = [image.start("GET", "/", None) for _ in range(2)]
    slices = slices_of(calls, lambda: hello.start("GET", "/", None))
    assert [call.body for call in calls] == [derived()] * 2, calls[0].error
    # Two derivations of two blocks each, and the clock is read after every 16 iterations.
    assert slices >= 480 and image.arena.parks >= slices, slices


# Memory, mixing, and several lanes.
SCRYPT = """
import { scrypt } from "edgelet:node";
const one = new Uint8Array([1]);
export default { async fetch() {
  BESIDE
  const derive = (later) => scrypt(one, one, 32, 1, 40, 50, later), begun = derive(true);
  if (!(begun instanceof Promise)) return new Response("at once");
  return new Response([...await begun].join() === [...derive(false)].join() ? "equal" : "another");
} };
""".replace("BESIDE", ENDLESS)


def test_a_long_scrypt_goes_on_in_slices_with_others_between_them():
    image = build(SCRYPT, cpu_ms=60000)
    hello = build(HELLO, arena=image.arena)
    call = image.start("GET", "/", None)
    slices = slices_of([call], lambda: hello.start("GET", "/", None))
    assert call.body == b"equal", call.error
    assert image.arena.parks >= slices - 1 >= 40, slices


def test_slices_of_a_derivation_count_and_end_with_the_limit():
    image = build(handler(ENDLESS + "await new Promise(() => {})"), cpu_ms=30)
    hello = build(HELLO, arena=image.arena)
    for us in (0, 1000, 100000):
        call = image.start("GET", "/", None)
        while call.state == quickjs.PENDING:
            ((number, _, _),) = call.ops()
            call.resolve(number, us)
            assert hello.start("GET", "/", None).body == b"hello"
        assert call.error.kind == "cpu" and 30000 <= call.cpu_us < 100000, (call.error, call.cpu_us)
        assert not image.arena.busy and image.arena.parked_calls == 0


def test_a_derivation_that_was_abandoned_leaves_nothing():
    image = build(handler(ENDLESS + "await new Promise(() => {})"), cpu_ms=60000)
    for parked in (False, True):
        call = image.start("GET", "/", None)
        ((number, _, _),) = call.ops()
        if parked:
            image.arena.park()
        call.abandon()
        assert call.resolve(number, 1000) is False and not image.arena.busy and image.arena.parked_bytes == 0


def test_limits_and_time_come_along():
    source = handler(
        "const began = performance.now(); let sum = 0;"
        "for (;;) { await env.KV.get(performance.now() >= began); for (let i = 0; i < 20000; i++) sum += i; }"
    )
    slow = build(source, bindings=KV, cpu_ms=20)
    calls = [slow.start("GET", "/", None) for _ in range(5)]
    used = [call.cpu_us for call in calls]
    while any(call.state == quickjs.PENDING for call in calls):
        for i, call in enumerate(calls):
            if call.state != quickjs.PENDING:
                continue
            ((number, _, args),) = call.ops()
            assert args == ("KV", True)
            call.resolve(number)
            assert call.cpu_us > used[i]
            used[i] = call.cpu_us
    for call in calls:
        assert call.error.kind == "cpu" and 20000 <= call.cpu_us < 60000


def test_log_lines_come_along():
    image = build(handler("console.log('a'); await env.KV.get(); console.warn('b'); await env.KV.get()"), bindings=KV)
    calls = [image.start("GET", "/", None) for _ in range(3)]
    calls[0].resolve(1)
    assert calls[1].logs() == [("i", "a")]
    calls[1].resolve(1)
    assert calls[0].logs() == [("i", "a"), ("w", "b")]
    resumes = image.arena.resumes
    assert calls[2].logs() == [("i", "a")] and image.arena.resumes == resumes + 1
    assert calls[1].logs() == [("w", "b")] and calls[0].logs() == []
    # There is nothing to fetch for it.
    resumes = image.arena.resumes
    assert calls[0].parked_bytes and calls[0].logs() == [] and image.arena.resumes == resumes


def test_many_log_lines_come_along():
    image = build(handler("for (let i = 0; i < 2000; i++) console.log('line', i); await env.KV.get()"), bindings=KV)
    first, _ = image.start("GET", "/", None), image.start("GET", "/", None)
    lines = first.logs()
    assert lines[0] == ("i", "line 0") and len(lines) == 513 and lines[-1][1].endswith("log lines dropped")


def test_what_runs_behind_the_response_is_parked_too():
    source = handler("ctx.waitUntil(env.KV.get().then((v) => console.log('got ' + v))); return new Response('sent')")
    image = build(source, bindings=KV)
    calls = [image.start("GET", "/", None) for _ in range(3)]
    for i, call in enumerate(calls):
        assert (call.state, call.body, call.background) == (quickjs.DONE, b"sent", True)
        call.ops()
        assert call.resolve(1, i) == quickjs.DONE
        assert (call.background, call.logs()) == (False, [("i", f"got {i}")])
    assert image.arena.parked_calls == 0


def test_cancelled_operations_are_told_after_parking():
    source = handler(
        "const id = setTimeout(() => {}, 1000); await env.KV.get(); clearTimeout(id); await env.KV.get();"
        "return new Response('done')"
    )
    image = build(source, bindings=KV)
    first, second = image.start("GET", "/", None), image.start("GET", "/", None)
    assert [name for _, name, _ in first.ops()] == ["timer", "kv.get"]
    first.resolve(2)
    second.ops()
    assert first.parked_bytes and first.cancelled() == [1] and first.cancelled() == []
    first.ops()
    assert first.resolve(3) == quickjs.DONE


def test_parked_call_is_abandoned_without_coming_back():
    image = build(WAITS, bindings=KV)
    first, second = image.start("GET", "/1", None), image.start("GET", "/2", None)
    first.abandon()
    assert (image.arena.resumes, image.arena.parked_calls, image.arena.parked_bytes) == (0, 0, 0)
    assert first.ops() == [] and first.resolve(1) is False and first.cancelled() == [] and first.logs() == []
    assert first.state not in (quickjs.PENDING, quickjs.DONE, quickjs.ERROR) and first.parked_bytes == 0
    first.abandon()
    assert second.resolve(1, "v") == quickjs.DONE


def test_arena_is_made_idle():
    arena = quickjs.Arena(512 * 1024, parked_calls=1)
    image = build(WAITS, arena=arena, bindings=KV)
    arena.park()
    first = image.start("GET", "/1", None)
    arena.park()
    assert not arena.busy and arena.parked_calls == 1
    second = image.start("GET", "/2", None)
    fails("busy", arena.park)
    assert arena.busy
    assert first.resolve(1, "a") == second.resolve(1, "b") == quickjs.DONE


def test_unknown_operation_of_a_parked_call():
    image = build(WAITS, bindings=KV)
    first, second = image.start("GET", "/1", None), image.start("GET", "/2", None)
    assert first.resolve(7) is False and first.reject(-1, "no") is False
    assert first.resolve(1, "a") == second.resolve(1, "b") == quickjs.DONE


def test_no_room_for_one_more_call():
    arena = quickjs.Arena(512 * 1024, parked_calls=2)
    image = build(WAITS, arena=arena, bindings=KV)
    calls = [image.start("GET", f"/{i}", None) for i in range(3)]
    error = fails("busy", image.start, "GET", "/3", None)
    assert error.message == "parked_calls: 2 requests wait, as many as may"
    fails("busy", arena.build, quickjs.compile({"main.js": HELLO}))
    assert (arena.parked_calls, arena.parks, arena.resumes) == (2, 2, 0)
    # Those who wait change places all the same.
    for i, call in enumerate(calls):
        call.ops()
        assert call.resolve(1, i) == quickjs.DONE and call.body.endswith(b" %d" % i)
    assert image.start("GET", "/", None).state == quickjs.PENDING


def test_no_room_for_the_bytes():
    arena = quickjs.Arena(512 * 1024, parked_bytes=40 * 1024)
    source = handler(
        "const kept = new Uint8Array(Number(new URL(request.url).pathname.slice(1))).fill(7);"
        "await env.KV.get(); return new Response(kept.reduce((a, b) => a + b, 0))"
    )
    image = build(source, arena=arena, bindings=KV)
    small = image.start("GET", "/10", None)
    large = image.start("GET", "/60000", None)
    before = arena.parked_bytes
    error = fails("busy", image.start, "GET", "/10", None)
    assert error.message == "parked_bytes: waiting requests take all that they may of 40960 bytes"
    # Nor has the one that waits outside a place to change with.
    fails("busy", small.resolve, 1)
    fails("busy", small.ops)
    assert arena.parked_bytes == before == small.parked_bytes and arena.busy
    large.ops()
    assert large.resolve(1) == quickjs.DONE and large.body == b"420000"
    assert small.resolve(1) == quickjs.DONE and small.body == b"70"


def test_what_waits_changes_places_in_full_memory():
    arena = quickjs.Arena(512 * 1024)
    image = build(WAITS, arena=arena, bindings=KV)
    first, _ = image.start("GET", "/0", None), image.start("GET", "/1", None)
    one = first.parked_bytes
    arena = quickjs.Arena(512 * 1024, parked_bytes=3 * one)
    image = build(WAITS, arena=arena, bindings=KV)
    calls = [image.start("GET", f"/{i}", None) for i in range(4)]
    fails("busy", image.start, "GET", "/4", None)
    for _ in range(5):
        for call in calls:
            call.ops()
    assert [call.resolve(1, 0) for call in calls] == [quickjs.DONE] * 4


def test_limits_of_parking_are_checked():
    raises(ValueError, quickjs.Arena, 512 * 1024, parked_calls=-1)
    raises(ValueError, quickjs.Arena, 512 * 1024, parked_bytes=-1)
    arena = quickjs.Arena(512 * 1024, 0, 0)
    image = build(WAITS, arena=arena, bindings=KV)
    call = image.start("GET", "/", None)
    fails("busy", image.start, "GET", "/", None)
    assert call.resolve(1, 1) == quickjs.DONE


def test_erasing_an_image_ends_its_calls():
    arena = quickjs.Arena(512 * 1024)
    first = build(WAITS, arena=arena, bindings=KV)
    second = build(WAITS, arena=arena, bindings=KV)
    ended = [first.start("GET", "/", None) for _ in range(3)]
    others = [second.start("GET", "/", None) for _ in range(3)]
    first.erase()
    assert (arena.parked_calls, second.parked_calls) == (2, 2)
    for call in ended:
        assert call.ops() == [] and call.resolve(1) is False and call.parked_bytes == 0
        call.abandon()
    for call in others:
        assert call.resolve(1, 1) == quickjs.DONE


def test_closing_the_arena_ends_all():
    image = build(WAITS, bindings=KV)
    calls = [image.start("GET", "/", None) for _ in range(3)]
    image.arena.close()
    for call in calls:
        assert call.ops() == [] and call.resolve(1) is False and call.parked_bytes == 0
        call.abandon()


def test_builds_and_loads_beside_waiting_calls():
    image = build(WAITS, bindings=KV)
    saved = image.save()
    arena = image.arena
    call = image.start("GET", "/", None)
    again = arena.load(saved)
    fails("stale", arena.load, saved[:-1])
    assert arena.busy and arena.parks == 0
    hello = build(HELLO, arena=arena)
    assert arena.parks == 1 and not arena.busy
    fails("thrown", build, "throw new Error('x')", arena=arena)
    other = again.start("GET", "/2", None)
    assert hello.start("GET", "/", None).body == b"hello"
    assert call.resolve(1, 1) == other.resolve(1, 2) == quickjs.DONE
    assert (call.body, other.body) == (b"http://localhost/ 1", b"http://localhost/2 2")


def test_mapped_image():
    image = build(WAITS, bindings=KV)
    saved = image.save()
    mapped = image.arena.map(saved)
    calls = [mapped.start("GET", f"/{i}", None) for i in range(5)]
    for i, call in enumerate(calls):
        assert call.resolve(1, i) == quickjs.DONE and call.body.endswith(b"/%d %d" % (i, i))
    torn = memoryview(bytearray(b"x" + saved))[1:]
    fails("stale", image.arena.map, torn)


def test_calls_nobody_holds_are_parked_until_they_are_abandoned():
    image = build(WAITS, bindings=KV)
    for _ in range(10):
        image.start("GET", "/", None)
    gc.collect()
    assert image.arena.parked_calls == 9
    call = start(HELLO)
    assert call.body == b"hello"
    image.erase()
    assert image.arena.parked_calls == 0


def test_nothing_of_a_parked_call_is_left_for_another_function():
    secret = handler("const text = 'se' + 'cret '.repeat(5000); await env.KV.get(); return new Response(text.length)")
    image = build(secret, bindings=KV)
    other = build(HELLO, arena=image.arena)
    call = image.start("GET", "/", None)
    assert other.start("GET", "/", None).body == b"hello"
    assert call.parked_bytes > 20000
    text = quickjs_memory(image.arena)
    assert b"cret cret" not in text
    assert call.resolve(1) == quickjs.DONE and call.body == b"25002"
    assert other.start("GET", "/", None).body == b"hello"
    assert b"cret cret" not in quickjs_memory(image.arena)


def test_nothing_of_another_function_is_left_for_a_call_that_comes_back():
    image = build(WAITS, bindings=KV)
    other = build(handler("return new Response('oth' + 'er one '.repeat(5000))"), arena=image.arena)
    call = image.start("GET", "/", None)
    assert len(other.start("GET", "/", None).body) == 35003
    assert b"er one er one" in quickjs_memory(image.arena)
    call.ops()
    assert b"er one er one" not in quickjs_memory(image.arena)
    other.start("GET", "/", None)
    assert call.resolve(1, 1) == quickjs.DONE
    assert b"er one er one" not in quickjs_memory(image.arena)


def quickjs_memory(arena):
    """The bytes of an arena's block, also those that AddressSanitizer lets nobody read."""
    with open("/proc/self/mem", "rb") as memory:
        memory.seek(arena.address)
        return memory.read(arena.size)


def no_memory_for_one_more_call():
    """For a process whose memory is limited: what wants the arena is told so, and everybody waits where he waited."""
    arena = quickjs.Arena(512 * 1024)
    source = handler("const kept = new Uint8Array(100000).fill(7); await env.KV.get(); return new Response(kept[9])")
    image = build(source, arena=arena, bindings=KV)
    calls = [image.start("GET", "/", None)]
    try:
        while True:
            calls.append(image.start("GET", "/", None))
    except quickjs.Error as e:
        error = e
    assert (error.kind, error.message) == ("busy", "memory: there is none for what waiting requests need"), error
    assert len(calls) > 10 and arena.parked_calls == len(calls) - 1
    assert calls.pop().resolve(1) == quickjs.DONE
    assert calls.pop().resolve(1) == quickjs.DONE
    assert image.start("GET", "/", None).state == quickjs.PENDING
