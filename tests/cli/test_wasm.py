"""The compiler of bundles as WebAssembly does what the firmware's does. tests/packages compares more bundles."""

import pytest
from device_helpers import write_project
from edgelet_host.errors import EdgeletError
from edgelet_host.paths import ROOT
from edgelet_host.project.bundle import BundleError, compile_project
from edgelet_host.project.config import read_project
from edgelet_host.release.parts import ensure_compiler_wasm

# zig's C compiler is downloaded and compiles the engine, where that is not in the cache.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wasm")]


@pytest.fixture(scope="module")
def compilers(firmware):
    return firmware, ensure_compiler_wasm()


@pytest.mark.parametrize("place", sorted((ROOT / "examples").glob("*/edgelet.toml")), ids=lambda path: path.parent.name)
def test_the_same_bundles_of_examples(compilers, place):
    one, other = (compile_project(read_project(place.parent), compiler) for compiler in compilers)
    assert one.data == other.data
    assert len(one.data) > 100


SOURCE = """import text from "./data.txt"; import { a } from "./lib/deep/a.js"; import { verify } from "jsonwebtoken";
import { env } from "cloudflare:workers";
const rx = /(?<year>\\p{L}+)\\1{2,}[^\\u{1f600}]/giu, big = 123456789012345678901234567890n, tiny = 5e-324, zero = -0;
class A extends Array { #x = 1; static { this.y = [1e21, 0.1, 4294967296, 1 << 31]; } get x() { return this.#x; } }
export default { async *fetch(r, e = { "grüß 😀": `${rx}\\u{1f600}` }, ...rest) { label: for await (const q of rest) {
  try { switch (q?.z ?? a) { case 1: continue label; default: yield* new A(q) } } finally { delete r.p } }
  return await import("./lib/b.js"), text, verify, env, big, tiny, zero; } };
"""
FILES = {
    "main.js": SOURCE,
    "data.txt": "text ü",
    "lib/deep/a.js": 'export * from "../b.js"; export const a = "a";',
    "lib/b.js": "export const b = (x) => x ** 2, c = null;",
}


@pytest.mark.parametrize("fields", [{}, {"strip": True}, {"event": "2.0"}], ids=str)
def test_the_same_bundles_of_a_project_of_several_files(compilers, tmp_path, fields):
    project = read_project(write_project(tmp_path / "one", "one", FILES, **fields))
    one, other = (compile_project(project, compiler) for compiler in compilers)
    assert one.data == other.data


BROKEN = [
    "export default {",
    "let a = ;",
    "export default {}\n  @",
    'import { a } from "./nowhere.js";',
    'export { a } from "./main.js"; await 1; return 2',
    "export default " + "[" * 3000,
    "export default " + "(" * 100_000,
    f"let {'x' * 3000} = 1, {'x' * 3000} = 2;",
    "export default /(/;",
]


@pytest.mark.parametrize("source", BROKEN, ids=lambda text: text[:20])
def test_the_same_errors(compilers, tmp_path, source):
    project = read_project(write_project(tmp_path / "one", "one", {"main.js": source}))
    errors = []
    for compiler in compilers:
        with pytest.raises(BundleError) as caught:
            compile_project(project, compiler)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


def test_a_project_that_is_too_large_is_refused(compilers, tmp_path):
    source = "export default [" + ",".join(f'"{i}"' for i in range(2_000_000)) + "];"
    project = read_project(write_project(tmp_path / "one", "one", {"main.js": source}))
    with pytest.raises(EdgeletError, match="too large"):
        compile_project(project, compilers[1])


def test_modules_have_a_limit(compilers, tmp_path):
    files = {f"m{i}.js": "" for i in range(1024)}
    files["main.js"] = "".join(f'import "./m{i}.js";' for i in range(1024)) + "export default {};"
    project = read_project(write_project(tmp_path / "one", "one", files))
    for compiler in compilers:
        with pytest.raises(EdgeletError, match="more than 1024 modules"):
            compile_project(project, compiler)
    files["main.js"] = "".join(f'import "./m{i}.js";' for i in range(1023)) + "export default {};"
    project = read_project(write_project(tmp_path / "two", "two", files))
    one, other = (compile_project(project, compiler) for compiler in compilers)
    assert one.data == other.data
