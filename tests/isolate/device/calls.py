"""Calls: operations, timers, jobs, logs, errors and what a turn may use."""

import gc

import quickjs
from common import answer, build, fails, handler, raises, start

KV = {"KV": ("kv", ("get", "put"))}


def run_timers(call):
    """Resolve timers in the order of their delays, as an event loop does, until nothing waits. Returns the delays."""
    due, now, delays = [], 0, []
    while True:
        due += [(now + ms, number, ms, repeat) for number, _, (ms, repeat) in call.ops()]
        for number in call.cancelled():
            due = [timer for timer in due if timer[1] != number]
        if not due or not (call.state == quickjs.PENDING or call.background):
            return delays
        due.sort()
        now, number, ms, repeat = due.pop(0)
        delays.append(ms)
        if repeat:
            due.append((now + ms, number, ms, repeat))
        call.resolve(number)


def test_operation_carries_every_kind_of_argument():
    source = handler(
        "const bytes = new Uint8Array([0, 1, 2, 3]);"
        "env.KV.put(null, undefined, true, -1.5, 2 ** 53, 'ü\\0x', bytes.subarray(1, 3));"
        "env.KV.get(new DataView(bytes.buffer).buffer, NaN);"
        "bytes.fill(9);"
        "await env.KV.get('last')"
    )
    call = start(source, bindings=KV)
    assert call.state == quickjs.PENDING
    first, second, last = call.ops()
    assert first[:2] == (1, "kv.put")
    assert first[2] == ("KV", None, None, True, -1.5, 2.0**53, "ü\0x", b"\x01\x02"), first
    assert second[2][:2] == ("KV", b"\x00\x01\x02\x03") and second[2][2] != second[2][2]
    assert last == (3, "kv.get", ("KV", "last"))
    assert call.ops() == []


def test_operation_takes_seven_arguments():
    call = start(handler("await env.KV.put(1, 2, 3, 4, 5, 6, 7)"), bindings=KV)
    assert call.ops() == [(1, "kv.put", ("KV", 1, 2, 3, 4, 5, 6, 7))]
    call = start(handler("await env.KV.put(1, 2, 3, 4, 5, 6, 7, 8)"), bindings=KV)
    assert call.error.message == "TypeError: kv.put takes at most 7 arguments"


def test_operation_takes_plain_objects_as_json():
    call = start(handler("await env.KV.put({ a: [1, { b: 'ü' }], c: undefined })"), bindings=KV)
    assert call.ops() == [(1, "kv.put", ("KV", '{"a":[1,{"b":"ü"}]}'))]


def test_operation_refuses_other_objects():
    for argument in (
        "[]",
        "() => 1",
        "Symbol()",
        "1n",
        "new Map()",
        "new Date()",
        "Promise.resolve()",
    ):
        call = start(handler("await env.KV.put(" + argument + ")"), bindings=KV)
        assert call.error.kind == "thrown" and "an operation takes strings" in call.error.message, argument


def test_refused_operation_leaves_nothing_behind():
    source = handler(
        """for (let i = 0; i < 1000; i++) {
            try { await env.KV.put(new Uint8Array(1000), Symbol()) } catch { }
        }
        return new Response('ok')"""
    )
    assert answer(source, bindings=KV, cpu_ms=10000) == b"ok"


def test_logged_error_leaves_nothing_behind():
    source = handler(
        f"""const {"long" * 25} = (n) => n > 0 ? {"long" * 25}(n - 1) : new Error();
        for (let i = 0; i < 2000; i++) {{ console.log({"long" * 25}(9)) }}
        return new Response('ok')"""
    )
    assert answer(source, cpu_ms=10000) == b"ok"


def test_resolve_brings_every_kind_of_value():
    checks = (
        (None, "x === null"),
        (True, "x === true"),
        (-7, "x === -7"),
        (2**40, "x === 2 ** 40"),
        (2**70, "x === 2 ** 70"),
        (0.5, "x === 0.5"),
        ("ü\0😀", "x === 'ü\\0😀'"),
        (b"\x00\xff", "x instanceof Uint8Array && x.join() === '0,255'"),
        ([1, [2, {"a": b"\x05"}], ()], "x[1][1].a[0] === 5 && x.length === 3 && x[2].length === 0"),
        (
            {"a": {"__proto__": 1, "ü": None}},
            "x.a.ü === null && Object.keys(x.a).sort().join() === '__proto__,ü'",
        ),
    )
    for value, check in checks:
        call = start(handler("const x = await env.KV.get(); return new Response(" + check + ")"), bindings=KV)
        assert call.resolve(1, value) == quickjs.DONE
        assert call.body == b"true", value


def test_resolve_refuses_what_has_no_javascript_form():
    call = start(handler("return new Response(await env.KV.get())"), bindings=KV)
    deep = []
    for _ in range(40):
        deep = [deep]
    for value in (object(), {1: 2}, [set()], bytearray(2)):
        raises(TypeError, call.resolve, 1, value)
    raises(ValueError, call.resolve, 1, deep)
    raises(TypeError, call.reject, 1, 5)
    assert call.state == quickjs.PENDING and call.resolve(1, "still open") == quickjs.DONE


def test_bytes_arrive_though_the_handler_deleted_uint8array():
    source = handler("delete globalThis.Uint8Array; return new Response((await env.KV.get()).length)")
    call = start(source, bindings=KV)
    assert call.resolve(1, b"abc") == quickjs.DONE and call.body == b"3"


def test_typed_arrays_are_there_though_the_handler_put_a_getter_in_their_way():
    source = handler(
        "Object.defineProperty(Array.prototype, 'toString', { get() { throw new Error('called') } });"
        "const bytes = new globalThis['Uint8' + 'Array']([4, 2]); return new Response(bytes.join(''))"
    )
    assert answer(source) == b"42"


def test_reject_throws_an_error_at_the_await():
    source = handler("try { await env.KV.get() } catch (e) { return new Response(e.message + (e instanceof Error)) }")
    call = start(source, bindings=KV)
    assert call.reject(1, "no such key") == quickjs.DONE
    assert call.body == b"no such keytrue"


def test_unknown_and_closed_operations_are_ignored():
    call = start(handler("await env.KV.get(); await env.KV.get(); return new Response()"), bindings=KV)
    for number in (0, 2, 77, -1, 2**32 + 1):
        assert call.resolve(number) is False
    assert call.resolve(1) == quickjs.PENDING
    assert call.resolve(1) is False
    assert call.resolve(2) == quickjs.DONE
    assert call.resolve(2) is False and call.reject(2, "late") is False


def test_at_most_256_operations_are_open():
    source = handler(
        "const open = [];"
        "for (let i = 0; i < %d; i++) open.push(env.KV.get(i));"
        "await open[0]; open.push(env.KV.get('one more'));"
        "return new Response((await Promise.all(open)).length)"
    )
    call = start(source % 256, bindings=KV, arena=quickjs.Arena(1024 * 1024))
    numbers = [number for number, _, _ in call.ops()]
    assert len(numbers) == 256
    for number in numbers:
        call.resolve(number)
    assert call.resolve(257) == quickjs.DONE and call.body == b"257"
    call = start(source % 257, bindings=KV, arena=quickjs.Arena(1024 * 1024))
    assert call.error.kind == "thrown" and "more than 256 operations" in call.error.message


def test_operations_one_after_the_other_need_no_more_room():
    source = handler(
        "let n = 0;"
        "for (let i = 0; i < 3000; i++) n += (await env.KV.get('x'.repeat(100), new Uint8Array(100))).length;"
        "return new Response(n)"
    )
    call = start(source, bindings=KV)
    early = call.peak
    for number in range(1, 3001):
        call.resolve(number, b"y" * 100)
    assert call.body == b"300000"
    assert call.peak - early < 8192, call.peak - early


def test_abandoned_call_frees_the_arena():
    image = build(handler("await env.KV.get(); return new Response('late')"), bindings=KV)
    call = image.start("GET", "/", None)
    assert call.arena.busy
    call.abandon()
    assert not call.arena.busy and call.ops() == [] and call.resolve(1) is False and call.cancelled() == []
    after = image.start("GET", "/", None)
    assert call.resolve(1, "for the other") is False and after.state == quickjs.PENDING
    call.abandon()
    assert after.arena.busy
    assert after.resolve(1) == quickjs.DONE


def test_timers_run_in_the_order_of_their_delays():
    source = handler(
        "const order = [];"
        "await new Promise((done) => {"
        "  setTimeout((a, b) => order.push(a + b), 30, 'c', 3);"
        "  setTimeout(() => { order.push('a'); setTimeout(() => order.push('b'), 5); }, 10);"
        "  const cleared = setTimeout(() => order.push('never'), 20);"
        "  setTimeout(() => clearTimeout(cleared), 1);"
        "  clearTimeout(setTimeout(() => order.push('never'), 0));"
        "  setTimeout(done, 40);"
        "});"
        "return new Response(order.join())"
    )
    call = start(source)
    assert run_timers(call) == [1, 10, 5, 30, 40]
    assert call.body == b"a,b,c3"


def test_interval_repeats_until_it_is_cleared():
    source = handler(
        "let n = 0;"
        "await new Promise((done) => {"
        "  const id = setInterval(() => { if (++n === 5) { clearInterval(id); done(); } }, 7);"
        "});"
        "await new Promise((done) => setTimeout(done, 100));"
        "return new Response(n)"
    )
    call = start(source)
    assert call.ops() == [(1, "timer", (7, True))]
    for _ in range(4):
        assert call.resolve(1) == quickjs.PENDING and call.cancelled() == []
    assert call.resolve(1) == quickjs.PENDING and call.cancelled() == [1] and call.cancelled() == []
    assert call.resolve(1) is False
    assert call.ops() == [(2, "timer", (100, False))] and call.resolve(2) == quickjs.DONE
    assert call.body == b"5"


def test_delays_are_those_of_browsers():
    source = handler(
        "for (const ms of [0, 1.9, -5, NaN, Infinity, '12', 2 ** 31 - 1, 2 ** 31, undefined]) setTimeout(() => 1, ms);"
        "setTimeout(() => 1); await new Promise(() => 1)"
    )
    assert [args[0] for _, _, args in start(source).ops()] == [
        0,
        1,
        0,
        0,
        0,
        12,
        2**31 - 1,
        0,
        0,
        0,
    ]


def test_timers_take_functions_and_seven_arguments():
    for call in ("setTimeout('1')", "setTimeout()", "setInterval({})"):
        assert start(handler(call)).error.kind == "thrown"
    call = start(handler("await new Promise((done) => setTimeout((...a) => done(a), 0, 1, 2, 3, 4, 5, 6, 7))"))
    assert call.resolve(1) == quickjs.ERROR and call.error.kind == "result"
    call = start(handler("setTimeout(() => 1, 0, 1, 2, 3, 4, 5, 6, 7, 8)"))
    assert call.error.message == "TypeError: a timer passes at most 7 arguments on"


def test_clearing_what_is_no_timer_does_nothing():
    source = handler(
        "const read = env.KV.get();"
        "for (const id of [undefined, null, 'x', {}, -1, 0, 1, 99]) clearTimeout(id);"
        "return new Response(await read)"
    )
    call = start(source, bindings=KV)
    assert call.cancelled() == [] and call.resolve(1, "kept") == quickjs.DONE and call.body == b"kept"


def test_exception_in_a_timer_ends_the_request():
    source = handler("setTimeout(() => { throw new RangeError('in a timer') }, 0); await new Promise(() => 1)")
    call = start(source)
    assert call.resolve(1) == quickjs.ERROR
    assert (call.error.kind, call.error.message) == ("thrown", "RangeError: in a timer")


def test_jobs_run_in_order_and_before_timers():
    source = handler(
        "const order = []; const add = (x) => () => order.push(x);"
        "setTimeout(add('timer'), 0);"
        "queueMicrotask(add(1)); Promise.resolve().then(add(2));"
        "queueMicrotask(() => { add(3)(); queueMicrotask(add(5)); });"
        "(async () => { await null; add(4)(); })(); add(0)();"
        "await new Promise((done) => setTimeout(done, 0));"
        "return new Response(order.join())"
    )
    call = start(source)
    assert run_timers(call) == [0, 0] and call.body == b"0,1,2,3,4,5,timer", call.body


def test_exception_in_a_job_is_logged():
    call = start(handler("queueMicrotask(() => { throw new TypeError('in a job') }); return new Response()"))
    assert call.state == quickjs.DONE
    ((level, text),) = call.logs()
    assert level == "e" and text.startswith("TypeError: in a job\n    at <anonymous> (main.js:1:"), text


def test_waituntil_keeps_the_arena_until_it_is_settled():
    source = handler("ctx.waitUntil(env.KV.put('k').then(() => console.log('written'))); return new Response('done')")
    call = start(source, bindings=KV)
    assert (call.state, call.body, call.background, call.arena.busy) == (
        quickjs.DONE,
        b"done",
        True,
        True,
    )
    assert call.resolve(1) == quickjs.DONE
    assert (call.background, call.arena.busy, call.logs()) == (False, False, [("i", "written")])


def test_background_work_is_under_the_same_limit():
    source = handler("ctx.waitUntil(env.KV.put('k').then(() => { for (;;); })); return new Response('done')")
    call = start(source, bindings=KV, cpu_ms=5)
    assert call.resolve(1) == quickjs.DONE and call.error is None
    assert (call.background, call.body) == (False, b"done")
    assert call.logs() == [("e", "CPU limit of 5 ms exceeded (cpu_ms)")]


def test_stuck_handler_is_told_from_a_pending_one():
    error = start(handler("await new Promise(() => 1)")).error
    assert error.kind == "stuck"
    assert start(handler("await new Promise(() => setTimeout(() => 1, 1))")).state == quickjs.PENDING


def test_log_levels_and_values():
    source = handler(
        "console.log('a', 1, null, undefined, true, 2n, { b: [1] }, Symbol('s'), new Map());"
        "console.debug('d'); console.info('i'); console.warn('w'); console.error('e');"
        "const cycle = {}; cycle.self = cycle; console.log(cycle); console.log();"
        "return new Response()"
    )
    logs = start(source).logs()
    assert logs[0] == ("i", 'a 1 null undefined true 2 {"b":[1]} Symbol() {}'), logs[0]
    assert logs[1:5] == [("d", "d"), ("i", "i"), ("w", "w"), ("e", "e")]
    assert logs[5:] == [("i", "[object]"), ("i", "")], logs[5:]


def test_log_of_an_error_has_its_stack():
    level, text = start(handler("console.error('failed:', new TypeError('x')); return new Response()")).logs()[0]
    lines = text.split("\n")
    assert level == "e" and lines[0] == "failed: TypeError: x" and "main.js:1:" in lines[1], text


def test_log_holds_16_kib():
    # A line takes its text and 3 bytes: 16 of these are 16 KiB exactly.
    source = handler("for (let i = 0; i < %d; i++) console.log('x'.repeat(1021)); return new Response()")
    assert [len(text) for _, text in start(source % 16).logs()] == [1021] * 16
    logs = start(source % 18).logs()
    assert len(logs) == 17 and logs[16] == ("w", "2 log lines dropped")


def test_many_short_log_lines_count_as_32_bytes_each():
    logs = start(handler("for (let i = 0; i < 1000; i++) console.log('x'); return new Response()")).logs()
    assert logs == [("i", "x")] * 512 + [("w", "488 log lines dropped")]


def test_log_has_room_again_once_it_was_read():
    call = start(
        handler(
            "const all = () => { for (let i = 0; i < 20; i++) console.log('x'.repeat(1021)) };"
            "all(); await env.KV.get(); all(); return new Response()"
        ),
        bindings=KV,
    )
    assert len(call.logs()) == 17 and call.logs() == []
    assert call.resolve(1) == quickjs.DONE and len(call.logs()) == 17


def test_long_log_line_is_cut_at_a_character():
    logs = start(handler("console.log('x'.repeat(4095) + 'ü'); return new Response()")).logs()
    assert logs == [("i", "x" * 4095)]


def test_text_that_leaves_is_well_formed():
    call = start(handler("console.log('a\\ud800b'); await env.KV.put('a\\udfff', '\\ud83d\\ude00')"), bindings=KV)
    assert call.logs() == [("i", "a\ufffdb")]
    assert call.ops() == [(1, "kv.put", ("KV", "a\ufffd", "\U0001f600"))]
    assert start(handler("throw new Error('a\\ud800b')")).error.message == "Error: a\ufffdb"


def test_logs_survive_a_kill():
    call = start(handler("console.log('before'); for (;;);"), cpu_ms=5)
    assert call.error.kind == "cpu" and call.logs() == [("i", "before")]


def test_every_error_has_kind_message_and_position():
    deep = "function deep(n) {\n  return deep(n + 1) + 1;\n}\n"
    cases = (
        ("thrown", "TypeError: no", "    at fail (lib.js:2:", "fail()"),
        ("cpu", "CPU limit of 20 ms exceeded (cpu_ms)", "    at spin (lib.js:5:", "spin()"),
        ("memory", "memory limit of 524288 bytes exceeded (memory)", "    at grow (lib.js:8:", "grow()"),
        (
            "stack",
            "RangeError: Maximum call stack size exceeded",
            "    at deep (lib.js:11:",
            "deep(0)",
        ),
    )
    library = (
        (
            "export function fail() {\n  throw new TypeError('no');\n}\n"
            "export function spin() {\n  for (;;) Math.abs(1);\n}\n"
            "export function grow() {\n  for (const all = []; ; ) all.push(new Array(100).fill(1));\n}\n"
        )
        + "export "
        + deep
    )
    for kind, message, frame, code in cases:
        main = "import { fail, spin, grow, deep } from './lib.js';\n" + handler("\nreturn " + code)
        call = start({"main.js": main, "lib.js": library}, cpu_ms=20)
        error = call.error
        assert (error.kind, error.message) == (kind, message), error
        assert frame in error.stack, kind + error.stack
        if kind != "stack":
            assert "    at fetch (main.js:3:" in error.stack, kind + error.stack


def test_stripped_bundle_has_no_positions():
    files = {"main.js": handler("throw new Error('x')")}
    arena = quickjs.Arena(512 * 1024)
    error = arena.build(quickjs.compile(files, strip=True)).start("GET", "/", None).error
    assert error.message == "Error: x" and "main.js" not in error.stack, error.stack
    assert "fetch" in arena.build(quickjs.compile(files)).start("GET", "/", None).error.stack


def test_thrown_values_that_are_no_errors():
    cases = (
        ("'text'", "text"),
        ("undefined", "undefined"),
        ("{ a: 1 }", "[object Object]"),
        ("{ toString() { throw 1 } }", "exception"),
        ("Symbol('s')", "exception"),
        ("null", "null"),
    )
    for value, message in cases:
        error = start(handler("throw " + value)).error
        assert (error.kind, error.message, error.stack) == ("thrown", message, ""), error.message


def test_long_message_is_cut_at_a_character():
    message = start(handler("throw 'ü'.repeat(1000)")).error.message
    assert message == "ü" * 511


def test_result_that_is_no_response():
    for value in ("undefined", "null", "'text'", "{}", "new Map()"):
        error = start(handler("return " + value)).error
        assert error.kind == "result" and "Response" in error.message, error.message


def test_collection_at_every_operation():
    """The collector runs at almost every allocation, and the program asks for it between all turns."""
    source = handler(
        "let text = '';"
        "for (let i = 0; i < 50; i++) {"
        "  const x = await env.KV.get('key' + i, new Uint8Array([i]));"
        "  text += x.name + x.list[1][0]; console.log(text.length);"
        "  await new Promise((done) => setTimeout(done, i));"
        "}"
        "return new Response(text, { headers: { 'x-n': text.length } })"
    )
    image = build(source, bindings=KV, env={"A": "b"})
    gc.threshold(256)
    for _ in range(3):
        call = image.start("POST", "/x", [("a", "b")], b"body")
        while call.state == quickjs.PENDING:
            gc.collect()
            for number, name, args in call.ops():
                gc.collect()
                if name == "kv.get":
                    value = {"name": args[1], "list": [1, args[2]]}
                    gc.collect()
                    call.resolve(number, value)
                else:
                    call.resolve(number)
                gc.collect()
            call.logs()
        gc.collect()
        assert call.state == quickjs.DONE, call.error
        assert call.body.decode() == "".join(f"key{i}{i}" for i in range(50)), call.body


def test_result_without_room_in_the_heap_frees_the_arena():
    image = build(
        handler("ctx.waitUntil(new Promise(() => setTimeout(() => 1, 1))); return new Response('x'.repeat(200000))")
    )
    gc.collect()
    blocks = [bytearray(100000) for _ in range(gc.mem_free() // 100000 - 1)]
    raises(MemoryError, image.start, "GET", "/", None)
    del blocks
    assert not image.arena.busy


def test_bad_header_lines_are_refused():
    image = build(handler("return new Response(request.headers.get('a'))"))
    assert image.start("GET", "/", {"A": "b"}).body == b"b"
    assert image.start("GET", "/", [("A", "b"), ("a", "c")]).body == b"b, c"
    raises(TypeError, image.start, "GET", "/", 5)
    raises(TypeError, image.start, "GET", "/", {"a": 1})
    raises(ValueError, image.start, "GET", "/", [("a", "b", "c")])
    assert image.start("GET", "/", b"a: d\r\n").body == b"d"


def test_bad_arguments_are_refused():
    image = build(handler("return new Response()"))
    for arguments in (
        (1, "/", None),
        ("GET", None, None),
        ("GET", "/", None, 5),
        ("GET", "/", None, None, None),
    ):
        raises(TypeError, image.start, *arguments)
    raises(TypeError, image.start, "GET")
    assert image.start("GET", "/", None).state == quickjs.DONE


def test_random_numbers_and_time_are_the_request_s_own():
    source = "const born = performance.now(); const day = Date.now();" + handler(
        "return new Response([Math.random(), performance.now(), Date.now() - day].join())"
    )
    image = build(source)
    seen = [image.start("GET", "/", None).body.split(b",") for _ in range(100)]
    assert len({row[0] for row in seen}) == 100
    assert all(float(row[1]) < 1000 and int(row[2]) >= 0 for row in seen)


def test_top_level_may_not_use_what_belongs_to_a_request():
    for code, name in (
        ("crypto.randomUUID()", "crypto.randomUUID"),
        ("setTimeout(() => 1)", "setTimeout"),
        ("setInterval(() => 1)", "setInterval"),
        ("await null; crypto.randomUUID()", "crypto.randomUUID"),
        ("Promise.resolve().then(() => setTimeout(() => 1))", None),
    ):
        bundle = quickjs.compile({"main.js": code + ";" + handler("return new Response()")})
        arena = quickjs.Arena(512 * 1024)
        if name is None:
            # An unhandled rejection is no failure, as in browsers.
            arena.build(bundle)
            continue
        error = fails("thrown", arena.build, bundle)
        assert error.message.startswith("TypeError: " + name + " is not available at the top level"), error.message


def test_random_numbers_of_the_top_level_are_those_of_the_image():
    source = "const drawn = [Math.random(), Math.random()];" + handler(
        "return new Response([...drawn, Math.random()].join())"
    )
    seen = []
    for _ in range(2):
        image = build(source)
        one, two = [image.start("GET", "/", None).body.split(b",") for _ in range(2)]
        assert one[:2] == two[:2] and one[2] != two[2]
        seen += one[:2]
    assert len(set(seen)) == 4


def test_top_level_may_use_the_clock_and_the_environment():
    import time

    before = time.time_ns() // 1000000
    body = answer(
        "const at = Date.now(), secret = process.env.SECRET, n = await Promise.resolve(2);"
        + handler("return new Response([at, secret, n, env.SECRET, process.env.SECRET].join())"),
        env={"SECRET": "s"},
    )
    at, *rest = body.decode().split(",")
    assert before <= int(at) <= time.time_ns() // 1000000 and rest == ["s", "2", "s", "s"]


def test_environment_cannot_be_changed_for_the_next_request():
    image = build(
        handler(
            "const old = [env.A, process.env.A]; env.A = process.env.A = 'x'; env.KV = 1;"
            "return new Response(old.join())"
        ),
        env={"A": "a"},
        bindings=KV,
    )
    assert [image.start("GET", "/", None).body for _ in range(3)] == [b"a,a"] * 3


def test_function_name_is_kept_in_a_saved_image():
    source = "export const handler = async (event, context) => ({ statusCode: 200, body: context.functionName });"
    image = build(source, name="greeter")
    assert image.start("GET", "/", None).body == b"greeter"
    again = image.arena.load(image.save())
    assert again.start("GET", "/", None).body == b"greeter"
