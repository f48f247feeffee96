"""Bundles: what the compiler makes, and what the loader refuses. Every refused one would throw if it were executed."""

import hashlib
import random
import struct

import quickjs
from common import answer, build, fails, handler, raises

HELLO = handler("return new Response('hello')")
THROWS = {
    "main.js": "import './lib.js'; throw new Error('executed')",
    "lib.js": "throw new Error('executed')",
}
HEADER = 60
DIGEST = 32


def resealed(data):
    """The bundle with a digest that matches its content."""
    content = bytes(data[:-DIGEST])
    return content + hashlib.sha256(content).digest()


def refused(data, kinds=("bundle",)):
    try:
        quickjs.Arena(256 * 1024).build(data)
    except quickjs.Error as error:
        assert error.kind in kinds, f"{error.kind}: {error.message}"
        assert error.message and "\n" not in error.message
        return error
    raise AssertionError("was built")


def test_imports_of_imports():
    files = {
        "main.js": "import { b } from './lib/b.js'; import c from './c.js';"
        "export default { fetch() { return new Response(b + c) } }",
        "lib/b.js": "import c from '../c.js'; export const b = 'b' + c;",
        "c.js": "export default 'c';",
    }
    assert answer(files) == b"bcc"


def test_cycles_of_imports():
    files = {
        "main.js": "import { f } from './a.js'; export const main = 'main';" + handler("return new Response(f())"),
        "a.js": "import { g } from './b.js'; export const f = () => g() + 1; export const one = 1;",
        "b.js": "import { one } from './a.js'; import { main } from './main.js'; export const g = () => main + one;",
    }
    assert answer(files) == b"main11"


def test_import_at_run_time():
    files = {
        "main.js": handler("return new Response((await import('./lib/late.js')).default)"),
        "lib/late.js": "import { x } from './x.js'; export default 'late' + x;",
        "lib/x.js": "export const x = 'x';",
    }
    assert answer(files) == b"latex"
    error = build(handler("return import('./no.js')")).start("GET", "/", None).error
    assert error.kind == "thrown" and "import of 'no.js' is not in the bundle" in error.message, error.message


def test_missing_import_is_found_by_the_compiler():
    error = fails(
        "import",
        quickjs.compile,
        {"main.js": "import './lib/a.js'", "lib/a.js": "import '../b.js'"},
    )
    assert error.message == "ReferenceError: import of 'b.js', which is not among the files", error.message


def test_syntax_errors_have_a_position():
    error = fails("syntax", quickjs.compile, {"main.js": "import './a.js'", "a.js": "let x = 1;\n\n  x = ;\n"})
    assert error.message.startswith("a.js:3:"), error.message
    fails("syntax", quickjs.compile, {"main.js": "import { no } from './a.js'; return 1", "a.js": ""})


def test_import_of_a_name_that_is_not_exported():
    data = quickjs.compile({"main.js": "import { no } from './a.js'; export default no", "a.js": ""})
    error = refused(data, ("thrown", "import"))
    assert "no" in error.message


def test_compile_checks_its_arguments():
    raises(TypeError, quickjs.compile, [])
    raises(TypeError, quickjs.compile, {"main.js": 5})
    raises(TypeError, quickjs.compile, {5: ""})
    assert str(raises(ValueError, quickjs.compile, {"a.js": ""})) == "main.js is not among the files"
    assert quickjs.inspect(quickjs.compile({"a.js": HELLO}, main="a.js"))["modules"] == ["a.js"]


def test_inspect():
    files = {"b.js": "", "main.js": HELLO, "a.js": ""}
    info = quickjs.inspect(quickjs.compile(files))
    assert info["engine_id"] == quickjs.ENGINE_ID and info["modules"] == ["main.js", "a.js", "b.js"]
    assert info["size"] == len(quickjs.compile(files)) and info["stripped"] is False
    assert quickjs.inspect(quickjs.compile(files, strip=True))["stripped"] is True
    assert len(quickjs.compile(files, strip=True)) < info["size"]


LINES = """export default { fetch() {
  const outer = () => { throw new Error("here"); };
  try { outer(); } catch (error) { return new Response(error.stack); }
} };
"""


def stack_with(origins, strip=False):
    """What a stack says with these origins, (line, column, index of the source, line, column)."""
    packed = b"".join(struct.pack("<5I", *origin) for origin in origins)
    arena = quickjs.Arena(256 * 1024)
    bundle = quickjs.compile({"main.js": LINES}, "main.js", strip, (["a.ts", "b/\xe9.ts"], packed))
    return arena.build(bundle).start("GET", "/", None).body.decode()


def test_functions_tell_positions_in_the_files_that_they_come_from():
    plain = stack_with([])
    assert "outer (main.js:2:" in plain and "fetch (main.js:3:" in plain
    everything = [(line, 1, 1, 40 + line, 7) for line in (1, 2, 3, 4)]
    told = stack_with(everything)
    assert "outer (b/\xe9.ts:42:7)" in told and "fetch (b/\xe9.ts:43:7)" in told
    assert stack_with(everything, strip=True) == stack_with([], strip=True)
    # What is not known, or from another file than the function, has the place before it.
    several = stack_with([(1, 1, 0, 5, 1), (2, 1, 1, 6, 1)])
    assert "outer (b/\xe9.ts:6:1)" in several and "fetch (a.ts:5:1)" in several


def test_origins_of_any_kind_do_no_harm():
    random.seed(5)
    numbers = (0, 1, 2, 3, 30, 1 << 31, (1 << 32) - 1)
    for count in range(200):
        origins = sorted([[random.choice(numbers) for _ in range(5)] for _ in range(count % 20)])
        assert "outer (" in stack_with(origins)
    raises(ValueError, quickjs.compile, {"main.js": LINES}, "main.js", False, (["a.ts"],))
    raises(TypeError, quickjs.compile, {"main.js": LINES}, "main.js", False, ([1], b""))


def test_same_sources_give_the_same_bundle():
    first = {"main.js": "import './a.js';" + HELLO, "a.js": "export const a = /x/u;", "b.js": "1n"}
    second = {name: first[name] for name in ("b.js", "main.js", "a.js")}
    assert quickjs.compile(first) == quickjs.compile(second)
    other = quickjs.compile(first | {"b.js": "2n"})
    hashes = [quickjs.inspect(x)["source_hash"] for x in (quickjs.compile(first), other)]
    assert len(hashes[0]) == 64 and hashes[0] != hashes[1]


def test_executed_bundle_would_throw():
    assert refused(quickjs.compile(THROWS), ("thrown",)).message == "Error: executed"


def test_flipped_bytes():
    data = quickjs.compile(THROWS)
    random.seed(2)
    body = [random.randrange(HEADER, len(data)) for _ in range(400)]
    for at in list(range(HEADER)) + body + list(range(len(data) - DIGEST, len(data))):
        damaged = bytearray(data)
        damaged[at] ^= 1 << random.randrange(8)
        refused(damaged)
        raises(quickjs.Error, quickjs.inspect, damaged)


def test_truncated_at_every_length():
    data = quickjs.compile(THROWS)
    for length in range(len(data)):
        refused(data[:length])
    refused(data + b"\0")


def test_other_engine():
    data = bytearray(quickjs.compile(THROWS))
    data[8] = ord("0") if data[8] != ord("0") else ord("1")
    other = bytes(data[8:24]).decode()
    error = refused(resealed(data), ("engine",))
    assert other in error.message and quickjs.ENGINE_ID in error.message and "deploy" in error.message
    assert quickjs.inspect(resealed(data))["engine_id"] == other


def test_wrong_digest():
    data = bytearray(quickjs.compile(THROWS))
    data[-DIGEST:] = hashlib.sha256(b"another").digest()
    assert "digest" in refused(data).message
    # The source's hash is part of what the digest covers.
    data = bytearray(quickjs.compile(THROWS))
    data[24:56] = hashlib.sha256(b"another source").digest()
    assert "digest" in refused(data).message


def test_malformed_header_with_a_digest_that_matches():
    data = quickjs.compile(THROWS)
    for at in list(range(8)) + list(range(56, HEADER)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[at] ^= 1 << bit
            if (at, bit) not in ((5, 0), (5, 1)):
                refused(resealed(damaged))


def test_malformed_modules_with_a_digest_that_matches():
    data = quickjs.compile({"main.js": HELLO})
    name = HEADER + 2
    code_length = name + len("main.js")
    for at in (HEADER, HEADER + 1, code_length, code_length + 1, code_length + 2, code_length + 3):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[at] ^= 1 << bit
            refused(resealed(damaged))
    for count in (0, 2, 1025, 65535):
        damaged = bytearray(data)
        damaged[6:8] = bytes((count & 255, count >> 8))
        refused(resealed(damaged))


def without_library(main):
    """A bundle of `main`, which imports lib.js, without that."""
    data = quickjs.compile({"main.js": main, "lib.js": ""})
    # The second module's entry, with its name and the bytecode behind it, is left out.
    first = HEADER + 2 + len("main.js") + 4
    end = first + int.from_bytes(data[first - 4 : first], "little")
    damaged = bytearray(data[:end] + bytes(DIGEST))
    damaged[6] = 1
    damaged[56:60] = (end - HEADER).to_bytes(4, "little")
    return resealed(damaged)


def test_import_that_is_not_in_the_bundle():
    error = refused(without_library("import './lib.js'; throw new Error('executed')"), ("import",))
    assert error.message == "ReferenceError: import of 'lib.js' is not in the bundle"


def test_what_is_no_bundle():
    for data in (b"", b"E", b"EJSB", b"#!/bin/sh\n", bytes(200), b"EJSB" + bytes(200)):
        assert "bundle" in refused(data).message
    raises(TypeError, quickjs.Arena(64 * 1024).build, 5)
    raises(TypeError, quickjs.inspect, None)
