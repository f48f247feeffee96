"""Handlers, requests, and what must come of them: on every target the same."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """A function and its requests.

    source: of main.js. requests: method, target and body of each. expected: for each request its outcome (see
    isolate_driver.py), its status or (for an error) a part of its message, and its body.
    """

    name: str
    source: str
    expected: list[tuple[str, int | str, bytes]]
    requests: list[tuple[str, str, bytes | None]] = field(default_factory=lambda: [("GET", "/", None)])
    options: dict[str, int] = field(default_factory=dict)


def fetch(body: str) -> str:
    """A module whose handler has this body."""
    return f"export default {{ async fetch(request, env, ctx) {{ {body} }} }}"


def answers(name: str, body: str, text: str, **options: int) -> Case:
    """Two requests to a handler with this body; each is answered with the text."""
    expected = [("done", 200, text.encode())] * 2
    return Case(name, fetch(body), expected, [("GET", "/a?b=1", None)] * 2, options)


def killed(name: str, body: str, kind: str, message: str = "", **options: int) -> Case:
    """A request that ends with an error of this kind between two that are answered."""
    source = f"""
        let count = 0;
        async function bad() {{ {body} }}
        export default {{ async fetch(request) {{
            count++;
            if (request.url.endsWith("/bad")) {{ return new Response(String(await bad())) }}
            return new Response("count " + count);
        }} }}"""
    good = ("done", 200, b"count 1")
    requests: list[tuple[str, str, bytes | None]] = [("GET", "/", None), ("GET", "/bad", None), ("GET", "/", None)]
    return Case(name, source, [good, (kind, message, b""), good], requests, {"cpu_ms": 200} | options)


CASES = [
    answers("hello", "return new Response('hi ' + request.url)", "hi http://edge.local/a?b=1"),
    Case(
        "lambda",
        "export const handler = async (event) => ({ statusCode: 201, body: { method: event.httpMethod } })",
        [("done", 201, b'{"method":"PUT"}')],
        [("PUT", "/", None)],
    ),
    Case(
        "body",
        fetch("return new Response((await request.text()).toUpperCase(), { status: 202 })"),
        [("done", 202, "ÄÖ Ω".encode()), ("done", 202, b"")],
        [("POST", "/", "äö ω".encode()), ("POST", "/", b"")],
    ),
    answers(
        "await",
        """const order = [];
        const later = async (name, n) => { for (let i = 0; i < n; i++) { await null; order.push(name + i) } };
        await Promise.all([later('a', 3), later('b', 2)]);
        queueMicrotask(() => order.push('micro'));
        await 0;
        await 0;
        return new Response(order.join())""",
        "a0,b0,a1,b1,a2,micro",
    ),
    answers(
        "json",
        """const value = JSON.parse('{"a":[1,2.5,-1e300,"\\\\u00e9\\\\n"],"b":{"c":null,"d":true}}');
        value.b.e = new Date(0);
        return new Response(JSON.stringify(value, null, 1))""",
        '{\n "a": [\n  1,\n  2.5,\n  -1e+300,\n  "é\\n"\n ],\n "b": {\n  "c": null,\n  "d": true,\n'
        '  "e": "1970-01-01T00:00:00.000Z"\n }\n}',
    ),
    answers(
        "regexp",
        r"""const text = 'The year 1999, and 2024; "naïve" ΑΒΓ';
        const years = [...text.matchAll(/(?<y>\d{4})/g)].map((m) => m.groups.y);
        return new Response([years, text.replace(/(\w+) (\w+)/, '$2 $1'), /\p{Lu}{3}/u.exec(text),
            /(?<=and )\d/.test(text)].join())""",
        'year The 1999, and 2024; "naïve" ΑΒΓ'.join(["1999,2024,", ",ΑΒΓ,true"]),
    ),
    answers(
        "closures",
        """const counters = [1, 2, 3].map((step) => { let n = 0; return () => n += step });
        for (let i = 0; i < 10; i++) { for (const counter of counters) { counter() } }
        return new Response(counters.map((counter) => counter()).join())""",
        "11,22,33",
    ),
    answers(
        "map and set",
        """const map = new Map([[NaN, 'nan'], [-0, 'zero'], ['k', { deep: 1 }]]);
        const set = new Set([...'hello']);
        map.delete('none');
        const weak = new WeakMap([[map, set.size]]);
        return new Response([map.get(NaN), map.get(0), map.size, [...set].join(''), weak.get(map)].join())""",
        "nan,zero,3,helo,4",
    ),
    answers(
        "typed arrays",
        """const view = new DataView(new ArrayBuffer(32), 1);
        view.setFloat64(0, -Math.PI, true);
        view.setBigUint64(8, 0x0123456789abcdefn);
        view.setFloat32(16, 1 / 3);
        const bytes = new Uint8Array(view.buffer);
        const words = new Uint16Array(view.buffer).slice(0, 4).sort();
        const doubles = Float64Array.from([3, 1, 2], (x) => x / 4).sort();
        return new Response([view.getFloat64(0, true), view.getBigInt64(8), view.getFloat32(16), bytes.subarray(8, 13),
            words, doubles, new Float32Array([1e40, 5e-324]), new Uint8ClampedArray([300, -5, 1.5])].join(' '))""",
        "-3.141592653589793 81985529216486895 0.3333333432674408 192,1,35,69,103 "
        "2337,6144,17453,64340 0.25,0.5,0.75 Infinity,0 255,0,2",
    ),
    answers(
        "generators",
        """function* fibonacci() {
            let [a, b] = [0, 1];
            try { while (true) { yield a; [a, b] = [b, a + b] } } finally { done++ }
        }
        let done = 0;
        const taken = [];
        for (const n of fibonacci()) { if (n > 100) { break } taken.push(n) }
        async function* slow() { yield 1; await null; yield 2 }
        for await (const n of slow()) { taken.push(-n) }
        return new Response(taken + ' ' + done)""",
        "0,1,1,2,3,5,8,13,21,34,55,89,-1,-2 1",
    ),
    answers(
        "bigint",
        """const f = (n) => n < 2n ? 1n : n * f(n - 1n);
        return new Response([f(20n) * f(10n), -(2n ** 100n) % 1000007n, BigInt.asIntN(8, 255n),
            0xffn << 70n, (-7n) >> 1n, BigInt('0b101'), 123456789012345678901234567890n / 987654321n,
            10n ** 30n === BigInt(1e30)].join())""",
        "8828514807271391232000000,-698635,-1,301050863282939882373120,-4,5,124999998873437499901,false",
    ),
    answers(
        "classes",
        """class Base {
            #secret = 1;
            static made = 0;
            constructor() { Base.made++ }
            get secret() { return this.#secret }
        }
        class Derived extends Base { get secret() { return super.secret + 1 } toString() { return `D${this.secret}` } }
        const { a = 1, ...rest } = { b: 2, c: 3 };
        const tag = (strings, ...values) => strings.raw.join('|') + values;
        return new Response([new Derived(), Base.made, a, Object.keys(rest), tag`x${1}\\n${2}`,
            [1, , 3]?.at?.(-1) ?? 0].join())""",
        "D2,1,1,b,c,x|\\n|1,2,3",
    ),
    answers(
        "proxy and symbols",
        """const seen = [];
        const proxy = new Proxy({ x: 1 }, {
            get(target, key) { seen.push(String(key)); return Reflect.get(target, key) },
            has: () => true });
        const iterable = { *[Symbol.iterator]() { yield* [1, 2] } };
        return new Response([proxy.x, 'y' in proxy, [...iterable], seen, Symbol.for('s').description].join())""",
        "1,true,1,2,x,s",
    ),
    answers(
        "dates",
        """const date = new Date(Date.UTC(2024, 1, 29, 12, 34, 56, 789));
        date.setUTCFullYear(2025);
        return new Response([date.toISOString(), date.toString(), date.toUTCString(), date.getTimezoneOffset(),
            Date.parse('2000-01-01'), new Date(NaN).getTime(), new Date(8.64e15).toISOString(),
            new Date(-1).getDay()].join(';'))""",
        "2025-03-01T12:34:56.789Z;Sat Mar 01 2025 12:34:56 GMT+0000;Sat, 01 Mar 2025 12:34:56 GMT;0;"
        "946684800000;NaN;+275760-09-13T00:00:00.000Z;3",
    ),
    answers(
        "strings",
        """const text = 'Straße \\ud83d\\ude00 \\u0041\\u030a';
        return new Response([text.length, [...text].length, text.normalize('NFC').length, text.toUpperCase(),
            text.padEnd(14, '-'), text.split(' ').length, text.codePointAt(7), 'a-b-c'.replaceAll('-', '+'),
            'abc'.localeCompare('abd'),
            encodeURIComponent(text), 'İ'.toLowerCase().length, text.isWellFormed()].join(';'))""",
        "12;11;11;STRASSE \U0001f600 A\u030a;Straße \U0001f600 A\u030a--;3;128512;a+b+c;-1;"
        "Stra%C3%9Fe%20%F0%9F%98%80%20A%CC%8A;2;true",
    ),
    answers(
        "timers",
        """const order = [];
        const sleep = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));
        const never = setTimeout(() => order.push('never'), 5);
        let ticks = 0;
        const interval = setInterval(() => { order.push('tick'); if (++ticks === 3) { clearInterval(interval) } }, 10);
        sleep(1).then(() => clearTimeout(never));
        order.push(await Promise.race([sleep(30, 'slow'), sleep(15, 'fast')]));
        order.push(await sleep(40, 'end'));
        return new Response(order.join())""",
        "tick,fast,tick,tick,end",
    ),
    answers(
        "operations",
        """const values = await Promise.all([env.ECHO.say('é'), env.ECHO.say(1.5), env.ECHO.say(-7),
            env.ECHO.say(null), env.ECHO.say(true), env.ECHO.say(new Uint8Array([1, 2, 255]))]);
        const missing = await env.ECHO.shout().catch((error) => error.message);
        return new Response([...values, missing].join())""",
        "é,1.5,-7,,true,1,2,255,echo.shout is not supported",
    ),
    answers(
        "log",
        "console.log('a', 1, { b: [2] }); console.error(new Error('no').message); return new Response('ok')",
        "ok",
    ),
    answers(
        "tampering",
        """const was = [typeof Array.prototype.sneak, typeof globalThis.leak, Object.isFrozen(JSON),
            [].push.call.length, 'toString' in Response.prototype, String(Math.max(1, 2))];
        Array.prototype.sneak = () => 1;
        globalThis.leak = new Array(100).fill(request);
        Object.freeze(JSON);
        Math.max = () => 'tampered';
        Object.prototype.polluted = 1;
        delete Array.prototype.push;
        Promise.prototype.then = function (...args) { return Reflect.apply(Promise.prototype.finally, this, args) };
        Response.prototype.toString = null;
        globalThis.undefined_ = Symbol.iterator;
        return new Response(was.join())""",
        "undefined,undefined,false,1,true,2",
    ),
    answers(
        "left behind",
        """new Promise(() => {});
        const self = { async run() { await new Promise(() => {}); } };
        self.self = self;
        self.run();
        setTimeout(() => {}, 1e6);
        (async () => { throw new Error('nobody looks') })();
        return new Response('left')""",
        "left",
    ),
    Case("thrown", fetch("null.x"), [("thrown", "cannot read property 'x' of null", b"")]),
    Case("rejected", fetch("await Promise.reject(new RangeError('out'))"), [("thrown", "RangeError: out", b"")]),
    Case("no response", fetch("return 7"), [("result", "", b"")]),
    Case("stuck", fetch("await new Promise(() => {})"), [("stuck", "", b"")]),
    # More bytes than a size has on 32 bits.
    killed(
        "buffer of all memory",
        "await new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 2 ** 53 - 1 }).getReader().read()",
        "memory",
    ),
    killed("infinite loop", "for (;;) {}", "cpu", "CPU limit of 200 ms"),
    killed("async loop", "for (;;) { await null }", "cpu"),
    killed("native loop", "Array.prototype.indexOf.call({ length: 1e15 }, 1)", "cpu"),
    killed("caught loop", "for (;;) { try { for (;;) {} } catch { } finally { continue } }", "cpu"),
    killed("backtracking", "return /^(a+)+$/.test('a'.repeat(30) + 'b')", "cpu"),
    killed("array grows", "const a = []; for (;;) { a.push(a.length + 0.5) }", "memory"),
    killed("string grows", "let s = 'x'; for (;;) { s += s; s.at(-1) }", "memory"),
    killed("closures grow", "let f = null; for (;;) { const g = f; f = () => g }", "memory"),
    killed("recursion", "const f = () => f() + 1; return f()", "stack"),
    killed(
        "json recursion",
        "let a = []; for (let i = 0; i < 150; i++) { a = [a] } JSON.stringify(a)",
        "stack",
        stack=8192,
    ),
    killed("native recursion", "const f = () => [1].map(f); return f()", "stack"),
    killed("sort recursion", "const f = () => [2, 1].sort(f)[0]; return f()", "stack"),
    killed("replace recursion", "const f = () => 'a'.replace(/a/, f); return f()", "stack"),
    killed("toString recursion", "const o = { toString() { return `${o}` } }; return o + ''", "stack"),
    killed(
        "regexp nesting",
        "return new RegExp('('.repeat(200) + ')'.repeat(200)).test('')",
        "thrown",
        "SyntaxError: stack overflow",
        stack=8192,
    ),
    killed("promise recursion", "const f = async () => { await f() }; await f()", "stack"),
    killed("getter recursion", "const o = { get x() { return this.x } }; return o.x", "stack"),
    killed("proxy recursion", "let p = {}; for (;;) { p = new Proxy(p, {}); p.x }", "stack"),
]
