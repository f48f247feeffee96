"""The isolates on a 32-bit microcontroller: the same bundles, byte for byte, and the same answers as on Linux."""

import ast
import math
import random
import struct
from pathlib import Path

import pytest
from isolate_cases import CASES, fetch
from qemu_helpers import MACHINES, Board, Linux, load_driver

pytestmark = pytest.mark.slow

ISOLATE = Path(__file__).parents[1] / "isolate"
HOSTILE_CPU_MS = 20

# Goals of the design for a microcontroller, in KiB.
HELLO_KIB = 60
RICH_KIB = 76


def hostile_main():
    """The module around an attack that test_isolate_hostile.py uses, too."""
    tree = ast.parse((ISOLATE / "device" / "hostile.py").read_text())
    values = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    return ast.literal_eval(values["MAIN"])


def script_kinds(source):
    """How a hostile script may end on a board, and whether it attacks at top level.

    Its first line says how it ends on Linux.
    """
    first = source.split(":", 1)[0].removeprefix("// ")
    top_level = first.startswith("top level, ")
    kinds = first.removeprefix("top level, ").split("|")
    return {*kinds, "cpu", "memory", "stack", "stuck", "pending"}, top_level


@pytest.fixture(scope="module")
def linux():
    with Linux() as target:
        load_driver(target)
        yield target


@pytest.fixture(scope="module", params=MACHINES)
def board(request):
    with Board(request.param) as target:
        load_driver(target)
        yield target


@pytest.fixture(scope="module")
def compile_bundle(linux):
    """Compiles one module with the Linux firmware."""

    def compile_module(source, strip=False):
        code = f"import quickjs\nprint(quickjs.compile({{'main.js': {source!r}}}, strip={strip}))"
        return ast.literal_eval(linux.exec(code))

    return compile_module


def run(target, bundle, requests, **options):
    arguments = "".join(f", {name}={value!r}" for name, value in options.items())
    return ast.literal_eval(target.exec(f"run({target.hand(bundle)}, {requests!r}{arguments})"))


def check(results, expected):
    for (outcome, status, _, body, _), (kind, wanted, text) in zip(results, expected, strict=True):
        assert (outcome, body) == (kind, text), status
        assert status == wanted if outcome == "done" else wanted in status


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case, board, linux, compile_bundle):
    bundle = compile_bundle(case.source)
    here = run(board, bundle, case.requests, **case.options)
    check(here, case.expected)
    there = run(linux, bundle, case.requests, **case.options)
    for result, on_linux in zip(here, there, strict=True):
        # Where a limit struck, stacks differ with the moment and messages with the limit.
        assert result == on_linux or result[0] == on_linux[0] in ("cpu", "memory", "stack", "thrown")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_with_its_code_outside(case, linux, compile_bundle):
    bundle = compile_bundle(case.source)
    expected = run(linux, bundle, case.requests, **case.options)
    for found, inside in zip(run(linux, bundle, case.requests, outside=True, **case.options), expected, strict=True):
        assert found == inside or found[0] == inside[0] in ("cpu", "memory", "stack", "thrown")


@pytest.mark.parametrize("name", ["hello", "lambda", "body", "thrown"])
def test_code_outside_on_a_board(name, board, compile_bundle):
    case = next(case for case in CASES if case.name == name)
    bundle = compile_bundle(case.source)
    inside = run(board, bundle, case.requests, **case.options)
    assert run(board, bundle, case.requests, outside=True, **case.options) == inside


def test_engine_is_the_same(board, linux):
    code = "print(quickjs.ENGINE_ID, hasattr(quickjs, 'compile'))"
    here, there = board.exec(code).split(), linux.exec(code).split()
    assert here[0] == there[0]
    assert (here[1], there[1]) == ("False", "True")


def test_images_are_keyed_by_the_linkers_hash_over_the_firmware(board):
    before = struct.pack("<3I4s", 4, 20, 3, b"GNU")  # ELF's note of a build id: size of the name, of the id, type, name
    _, _, after = board.elf.read_bytes().partition(before)
    assert board.exec("print(quickjs.FIRMWARE_ID)") == f"{after[:8].hex()}\n"


def test_stripped_bundle(board, compile_bundle):
    bundle = compile_bundle(fetch("null.x"), strip=True)
    ((outcome, message, stack, _, _),) = run(board, bundle, [("GET", "/", None)])
    assert (outcome, message) == ("thrown", "TypeError: cannot read property 'x' of null")
    assert "main.js:" not in stack


@pytest.mark.parametrize("damage", ["flipped byte", "engine id", "truncated", "hash"])
def test_damaged_bundle_is_refused(damage, board, compile_bundle):
    bundle = bytearray(compile_bundle(fetch("return new Response('executed')")))
    if damage == "flipped byte":
        bundle[len(bundle) // 2] ^= 1
    elif damage == "engine id":
        bundle[8:24] = b"0123456789abcdef"
    elif damage == "truncated":
        del bundle[-7:]
    else:
        bundle[-1] ^= 0x80
    ((outcome, message, *_),) = run(board, bytes(bundle), [("GET", "/", None)])
    assert outcome in ("bundle", "engine")
    assert message


MAPPED = """
def mapped(bundle):
    draft = arena.build(bundle, keep=False)
    saved = memoryview(bytearray(draft.saved_size))
    for at in range(0, len(saved), 256):
        draft.readinto(saved[at : at + 256], at)
    try:
        arena.map(saved[:-1])
    except quickjs.Error as error:
        print(error.kind)
    image = arena.map(saved)
    print([image.start("GET", "/", None).body for _ in range(3)])
    image.erase()
"""


def test_image_is_restored_from_the_memory_where_it_lies(board, compile_bundle):
    bundle = compile_bundle("let n = 0; export default { fetch: () => new Response(String(++n)) }")
    board.exec(MAPPED)
    assert board.exec(f"mapped({board.hand(bundle)})").splitlines() == ["stale", "[b'1', b'1', b'1']"]


def test_every_request_is_pristine(board, compile_bundle):
    """Requests of many kinds in any order, kills among them, on one image each."""
    kinds = [case for case in CASES if len(set(case.expected)) == 1 or len(case.requests) == 3]
    bundles = [compile_bundle(case.source) for case in kinds]
    choose = random.Random(1)
    for _ in range(60):
        number = choose.randrange(len(kinds))
        case = kinds[number]
        requests, expected = zip(
            *choose.choices(list(zip(case.requests, case.expected, strict=True)), k=12), strict=True
        )
        check(run(board, bundles[number], list(requests), **case.options), expected)


def test_kills_come_in_time(board, compile_bundle):
    """Within the CPU limit and 50 ms: simulated time, which counts instructions."""
    for case in CASES:
        if case.expected[1:2] and case.expected[1][0] == "cpu":
            bundle = compile_bundle(case.source)
            code = (
                f"image = arena.build({board.hand(bundle)}, cpu_ms=30)\n"
                "call = image.start('GET', '/bad', b'', None, 'edge.local')\n"
                "print(call.error.kind, call.cpu_us)"
            )
            kind, cpu_us = board.exec(code).split()
            assert kind == "cpu", case.name
            assert 30_000 <= int(cpu_us) <= 80_000, case.name


def test_what_is_killed_inside_a_native_has_its_stack(board, compile_bundle):
    """The tick that notes the stack runs on another one."""
    bundle = compile_bundle(fetch("return 'a'.repeat(12000).indexOf('a'.repeat(6000) + 'b')"))
    ((kind, _, stack, _, _),) = run(board, bundle, [("GET", "/", None)], cpu_ms=30)
    assert kind == "cpu"
    assert stack.startswith("    at <native>\n    at fetch (main.js:1:")


SIGNATURES = """
const { subtle } = crypto, ecdsa = { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" }, data = new Uint8Array(50);
const pairs = [];
for (const name of [ecdsa, "Ed25519"]) pairs.push([name, await subtle.generateKey(name, false, ["sign", "verify"])]);
export default { async fetch() {
  const said = [];
  for (const [name, { privateKey, publicKey }] of pairs) {
    const signature = await subtle.sign(name, privateKey, data);
    said.push(await subtle.verify(name, publicKey, signature, data));
  }
  return new Response(said.join());
} };
"""
SLICES = """
image = arena.build({}, cpu_ms=60000)
calls = [image.start("GET", "/", b"", None, "edge.local") for _ in range(2)]
slices = [0, 0]
while sum(slices) < {} and any(call.state == quickjs.PENDING for call in calls):
    for i, call in enumerate(calls):
        for number, name, _ in call.ops():
            call.resolve(number, 2000)
            slices[i] += 1
print([call.body for call in calls], arena.parks, *slices)
for call in calls:
    call.abandon()
"""


def test_signatures_are_computed_in_slices(board, compile_bundle):
    """Two calls in turns, so that each is parked with what it has computed; and others that are abandoned midway."""
    bundle = board.hand(compile_bundle(SIGNATURES))
    for most in (1000000, 5, 30, 1000000):
        bodies, *counts = board.exec(SLICES.format(bundle, most)).rsplit(maxsplit=3)
        parks, *slices = map(int, counts)
        if most == 1000000:
            assert bodies == "[b'true,true', b'true,true']"
            # What one computes when the other has ended is not parked; how much that is, the machine's speed decides.
            assert min(slices) > 25 and parks >= 2 * min(slices) - 2


@pytest.mark.parametrize("frame", [8, 64, 250])
def test_stack_guard(frame, board):
    """What goes deeper than the JavaScript stack is left at once, and nothing beside it is lost."""
    output = board.exec(f"import bare\nprint(bare.overflow({frame}), bare.abandon(), bare.increment(41))")
    assert output == "False False 42\n"


@pytest.mark.parametrize("script", sorted((ISOLATE / "hostile").glob("*.js")), ids=lambda path: path.stem)
def test_hostile_script(script, board, linux):
    """The corpus of test_isolate_hostile.py, against a microcontroller's limits: any of them may strike first."""
    source = script.read_text()
    kinds, top_level = script_kinds(source)
    good = {"main.js": hostile_main(), "attack.js": "export default () => {}"}
    files = {"main.js": source} if top_level else good | {"attack.js": source}
    bundle, neighbour = ast.literal_eval(linux.exec(f"print([quickjs.compile({files!r}), quickjs.compile({good!r})])"))
    paths = ["/build"] if top_level else ["/once", "/persist"]
    bundles = f"{board.hand(bundle)}, {board.hand(neighbour)}"
    output = board.exec(f"attack({bundles}, {paths!r}, {HOSTILE_CPU_MS})")
    for line in output.splitlines():
        kind, cpu_us, answer = line.split()
        assert kind in kinds
        assert int(cpu_us) <= (HOSTILE_CPU_MS + 50) * 1000
        assert answer == ("42" if top_level else "42,42")
    assert len(output.splitlines()) == len(paths)


def test_soft_reset(board, compile_bundle):
    bundle = compile_bundle(fetch("return new Response('again')"))
    board.soft_reset()
    load_driver(board)
    check(run(board, bundle, [("GET", "/", None)]), [("done", 200, b"again")])


def test_random_numbers_and_clock(board, compile_bundle):
    source = fetch("return new Response([Math.random(), Date.now(), performance.now() >= 0].join())")
    bundle = compile_bundle(source)
    results = run(board, bundle, [("GET", "/", None)] * 8)
    numbers = {result[3].split(b",")[0] for result in results}
    assert len(numbers) == 8
    times = [int(result[3].split(b",")[1]) for result in results]
    assert times == sorted(times)
    assert times[0] > 1_600_000_000_000


def image_size(board, bundle):
    return int(board.exec(f"image = arena.build({board.hand(bundle)})\nprint(image.size)\nimage.erase()"))


def test_hello_fits(board, compile_bundle):
    bundle = compile_bundle(fetch("return new Response('hello')"))
    assert image_size(board, bundle) <= HELLO_KIB * 1024


def test_rich_handler_fits(board, compile_bundle):
    bundle = compile_bundle(
        fetch(
            """const map = new Map(JSON.parse(await request.text()));
            const match = /(\\w+)-(\\d+)/.exec(map.get('id'));
            const bytes = new Uint8Array(Number(match[2])).fill(7);
            return new Response(JSON.stringify({ name: match[1], bytes: [...bytes] }))"""
        )
    )
    assert image_size(board, bundle) <= RICH_KIB * 1024


# Numbers


def doubles(seed, count):
    """Doubles of every kind, as bytes: special ones, denormals, integers, short decimals, any bits."""
    choose = random.Random(seed)
    special = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 2.2250738585072014e-308]
    special += [1.7976931348623157e308, 2.0**53, -(2.0**31), 2.0**32, 0.1, 1e21, 1e-7, 123456789012345680000.0, 0.5]
    makers = [
        lambda: choose.choice(special),
        lambda: struct.unpack("<d", choose.randbytes(8))[0],
        lambda: math.copysign(struct.unpack("<d", choose.randbytes(6) + b"\0\0")[0], choose.random() - 0.5),
        lambda: float(choose.randint(-(2**40), 2**40)),
        lambda: round(choose.uniform(-1e6, 1e6), choose.randint(0, 6)),
        lambda: choose.uniform(-1, 1) * 10.0 ** choose.randint(-30, 30),
    ]
    return b"".join(struct.pack("<d", choose.choice(makers)()) for _ in range(count))


# What IEEE 754 and ECMAScript determine to the bit.
EXACT = fetch(
    """const x = new Float64Array(await request.arrayBuffer());
    const bits = new DataView(new ArrayBuffer(8));
    const hex = (value) => {
        bits.setFloat64(0, value);
        return Number.isNaN(value) ? 'NaN' : bits.getBigUint64(0).toString(36);
    };
    const lines = [];
    for (let i = 0; i < x.length; i += 2) {
        const a = x[i], b = x[i + 1];
        const text = String(a);
        lines.push([text, Number(text) === a || a !== a, hex(JSON.parse(JSON.stringify(a) ?? 'null') ?? NaN),
            hex(a + b), hex(a - b), hex(a * b), hex(a / b), hex(a % b),
            hex(Math.sqrt(a)), hex(Math.fround(a)), hex(Math.round(a)), hex(Math.floor(b)),
            hex(Math.trunc(b)), a | 0, b >>> 0, a < b, a == b, Object.is(a, b), hex(Math.max(a, b)),
            a.toExponential(5), b.toPrecision(7), Math.abs(a) < 1e21 ? a.toFixed(3) : '', b.toString(7),
            hex(parseFloat(text.slice(0, -1))),
            hex(Math.abs(a) < 2 ** 63 && a === Math.trunc(a) ? Number(BigInt(a)) : 0)]);
    }
    return new Response(lines.join('\\n'))"""
)


@pytest.mark.parametrize("seed", range(12))
def test_numbers_are_exact(seed, board, linux, compile_bundle):
    requests = [("POST", "/", doubles(seed * 1000 + turn, 12)) for turn in range(24)]
    bundle = compile_bundle(EXACT)
    here = run(board, bundle, requests, cpu_ms=60000)
    there = run(linux, bundle, requests, cpu_ms=60000)
    for (outcome, _, _, body, _), on_linux in zip(here, there, strict=True):
        assert outcome == "done"
        assert body.split(b"\n") == on_linux[3].split(b"\n")
        # Each number's text reads back as the number.
        assert all(line.split(b",")[1] == b"true" for line in body.split(b"\n"))


# What each C library approximates in its own way.
APPROXIMATE = fetch(
    """const x = new Float64Array(await request.arrayBuffer());
    const names = ['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh',
        'exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'cbrt'];
    const results = [];
    for (let i = 0; i < x.length; i += 2) {
        for (const name of names) { results.push(Math[name](x[i])) }
        results.push(Math.atan2(x[i], x[i + 1]), Math.hypot(x[i], x[i + 1]), Math.pow(Math.abs(x[i]), x[i + 1] % 50));
    }
    return new Response(Float64Array.from(results).buffer)"""
)


def ulps(a, b):
    """How many doubles lie between two; 0 for two NaN."""
    if math.isnan(a) or math.isnan(b):
        return 0 if math.isnan(a) and math.isnan(b) else math.inf
    order = [n if n >= 0 else -(n & 0x7FFFFFFFFFFFFFFF) for n in struct.unpack("<qq", struct.pack("<dd", a, b))]
    return abs(order[0] - order[1])


def test_functions_are_close(board, linux, compile_bundle):
    requests = [("POST", "/", doubles(seed, 16)) for seed in range(40)]
    bundle = compile_bundle(APPROXIMATE)
    here = run(board, bundle, requests, cpu_ms=60000)
    there = run(linux, bundle, requests, cpu_ms=60000)
    for result, on_linux in zip(here, there, strict=True):
        assert result[0] == on_linux[0] == "done"
        pairs = zip(struct.iter_unpack("<d", result[3]), struct.iter_unpack("<d", on_linux[3]), strict=True)
        # newlib's functions err by at most some units in the last place, glibc's by one.
        assert all(ulps(a, b) <= 4 for ((a,), (b,)) in pairs)
