"""From sources to a bundle: TypeScript, npm packages, imported data, and where an import leads nowhere."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from device_helpers import get, write_project
from edgelet_host.errors import EdgeletError
from edgelet_host.paths import cache_dir
from edgelet_host.project import nodejs, source_map
from edgelet_host.project.bundle import collect_sources, compile_project
from edgelet_host.project.config import read_project
from edgelet_host.project.esbuild import ensure_esbuild

TYPESCRIPT = """import { twice } from "./twice";
import jwt from "jsonwebtoken";
import { shout } from "shouting";
export default { fetch(request: Request): Response {
  return new Response(shout(`${twice(21)} ${typeof jwt.sign}`));
} };
"""


def test_typescript_and_npm_packages_are_bundled(cli, local):
    files = {
        "main.ts": TYPESCRIPT,
        "twice.ts": "export const twice = (n: number): number => n * 2;\n",
        "node_modules/shouting/package.json": '{"name": "shouting", "module": "index.mjs"}',
        "node_modules/shouting/index.mjs": "export const shout = (text) => text.toUpperCase();\n",
    }
    project = write_project(cli.folder / "typed", "typed", files, main="main.ts", route="/typed")
    cli.ok("deploy", project)
    assert get(local.address, "/typed").text == "42 FUNCTION"
    (project / "twice.ts").write_text("export const twice = (n: number => n;\n")
    assert "twice.ts:1:" in cli.fails("deploy", project)


PACKAGE = "node_modules/both/"
BOTH = {
    PACKAGE + "package.json": """{
        "name": "both",
        "main": "main.js",
        "browser": { "./main.js": "./browser.js", "fs": false },
        "exports": { ".": { "node": "./main.js", "browser": "./browser.js" }, "./old": "./old/index.js" }
    }""",
    PACKAGE + "main.js": "module.exports = require('fs').constants;",
    PACKAGE
    + "browser.js": "module.exports = 'browser, ' + process.env.NODE_ENV + globalThis.process?.env['NODE_ENV'];",
    "node_modules/old/package.json": '{"name": "old", "main": "main.js", "browser": {"./main.js": "./browser.js"}}',
    "node_modules/old/main.js": "module.exports = require('fs').constants;",
    "node_modules/old/browser.js": "module.exports = 'mapped';",
    "node_modules/worker/package.json": """{
        "name": "worker",
        "exports": { "workerd": "./workerd.js", "browser": "./browser.js", "default": "./browser.js" }
    }""",
    "node_modules/worker/workerd.js": "export default 'workerd';",
    "node_modules/worker/browser.js": "export default 'browser';",
}


@pytest.mark.parametrize(("variables", "mode"), [({}, "production"), ({"NODE_ENV": "test"}, "test")])
def test_packages_give_what_they_have_for_workers_and_browsers(cli, local, variables, mode):
    source = (
        "import both from 'both'; import old from 'old'; import worker from 'worker';"
        "export default { fetch() { return new Response([both, old, worker].join('; ')) } };"
    )
    project = write_project(
        cli.folder / "variant", "variant", {"main.js": source, **BOTH}, vars=variables, route="/variant"
    )
    cli.ok("deploy", project)
    assert get(local.address, "/variant").text == f"browser, {mode}{mode}; mapped; workerd"


def test_a_package_may_be_named_like_a_file_of_the_project(cli, local):
    files = {
        "main.js": "export { default } from './lib.js';",
        "lib.js": "import said from 'lib.js'; export default { fetch() { return new Response(said) } };",
        "node_modules/lib.js/index.js": "module.exports = 'of the package';",
    }
    project = write_project(cli.folder / "named", "named", files, route="/named")
    cli.ok("deploy", project)
    assert get(local.address, "/named").text == "of the package"


def write_user_of(cli, name, package, main):
    """A project whose main module has the package `needy`, a module of CommonJS."""
    files = {
        "main.js": f"import needy from 'needy'; {main}",
        "node_modules/needy/package.json": '{"name": "needy", "main": "lib/main.js"}',
        "node_modules/needy/lib/main.js": package,
    }
    return write_project(cli.folder / name, name, files, route=f"/{name}")


ANSWER = "export default { fetch() { return new Response(String(needy())) } };"


@pytest.mark.parametrize(
    ("code", "error", "advice"),
    [
        (
            "new Function('return 1')",
            "eval and new Function are not available",
            "schemas as ajv's standalone code does",
        ),
        ("(0, eval)('1')", "eval and new Function are not available", "precompile templates"),
        (
            "new WebAssembly.Module(new Uint8Array())",
            "WebAssembly is not defined",
            "Use the package's JavaScript variant",
        ),
    ],
)
def test_what_devices_have_no_parser_for_is_refused_with_package_file_and_advice(cli, local, code, error, advice):
    early = write_user_of(cli, "early", f"const made = {code};\nmodule.exports = () => made;", ANSWER)
    refused = cli.run("deploy", early)
    assert refused.status == 1
    for part in (error, ". The npm package needy ", "node_modules/needy/lib/main.js:1:", advice):
        assert part in refused.err
    late = write_user_of(cli, "late", f"module.exports = () => {code};", ANSWER)
    told = cli.run("deploy", late)
    assert told.status == 0 and error in told.err and "The npm package needy " in told.err


def test_code_that_only_asks_for_a_parser_is_deployed_in_silence(cli, local):
    package = """
        let found = typeof WebAssembly === "object" ? WebAssembly.Memory : "none";
        try { found = new Function("return this")() } catch {}
        try { found = eval("1") } catch (error) { found += error.name }
        module.exports = () => found || new Function("return this")();
    """
    told = cli.run("deploy", write_user_of(cli, "asking", package, ANSWER))
    assert told.status == 0 and "not available" not in told.out + told.err
    assert get(local.address, "/asking").text == "noneEvalError"


@pytest.mark.parametrize("files", [{}, {"other.ts": "export {}"}])
def test_an_import_of_webassembly_is_refused_with_advice(cli, files):
    imports = "".join(f"import './{name}';" for name in files)
    project = write_project(cli.folder / "wasm", "wasm", {"main.js": f"import m from './m.wasm'; {imports}", **files})
    (project / "m.wasm").write_bytes(b"\0asm\1\0\0\0")
    refused = cli.fails("deploy", project)
    assert "m.wasm" in refused and "is WebAssembly, which devices do not have. Use the package's JavaScript" in refused


DATA = {
    "data.json": b'\xef\xbb\xbf{"__proto__": 1, "a": ["\xc3\xa9", 1e3]}',
    "page.html": "<p>é</p>\r\n".encode(),
    "note.txt": b"`${x}`\n",
    "table.sql": b"select '\\n'",
    "folder/bytes.bin": bytes(range(256)),
}
IMPORTS = """import data from "./data.json" with { type: "json" };
import page from "./page.html";
import note from './note.txt';
import table from "./table.sql";
import bytes from "./folder/bytes.bin";
export default { fetch() {
  return Response.json(
    [Object.keys(data), data.a, page, note, table, bytes instanceof ArrayBuffer, ...new Uint8Array(bytes)]
  );
} };
"""


@pytest.mark.parametrize("main", ["main.js", "src/main.js", "main.ts", "src/main.ts"])
def test_json_text_and_binary_files_are_imported(cli, local, main):
    folder = main.rpartition("/")[0]
    project = write_project(cli.folder / "data", "data", {main: IMPORTS}, main=main, route="/data")
    for name, content in DATA.items():
        path = project / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    cli.ok("deploy", project)
    assert json.loads(get(local.address, "/data").text) == [
        ["__proto__", "a"],
        ["é", 1000],
        DATA["page.html"].decode(),
        DATA["note.txt"].decode(),
        DATA["table.sql"].decode(),
        True,
        *DATA["folder/bytes.bin"],
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{\n  "a": 1,\n}', "data.json:3:1: this is not JSON"),
        (b"NaN", "data.json is not JSON: it does not know NaN"),
        (b'"\xff"', "data.json is not UTF-8 text"),
    ],
)
def test_what_is_no_json_is_named(cli, content, message):
    project = write_project(cli.folder / "data", "data", {"main.js": 'import a from "./data.json"; export default {};'})
    (project / "data.json").write_bytes(content)
    assert message in cli.fails("deploy", project)


@pytest.mark.parametrize(
    ("there", "specifier", "meant"),
    [
        ("util.js", "./util", "; did you mean './util.js'?"),
        ("util.json", "./util", "; did you mean './util.json'?"),
        ("util/index.js", "./util/", "; did you mean './util/index.js'?"),
        ("other.js", "./util", ""),
        ("util.js", "./folder/../util", "; did you mean './folder/../util.js'?"),
    ],
)
def test_an_import_that_leads_to_no_file_says_what_may_be_meant(cli, there, specifier, meant):
    source = f"const a = 1;\nimport b from '{specifier}';\nexport default {{ fetch() {{ return new Response(b) }} }};"
    project = write_project(cli.folder / "near", "near", {"main.js": source, there: "export default 1;"})
    message = cli.fails("deploy", project)
    assert message.rstrip().endswith(f"near: main.js:2:16: there is no file '{specifier}'{meant}"), message


def test_an_alias_takes_the_place_of_a_module(cli, local):
    files = {
        "main.js": "import jwt from 'jsonwebtoken'; import fs from 'node:fs';"
        "export default { fetch() { return new Response(jwt.whose + fs.read()) } };",
        "node_modules/jsonwebtoken/package.json": '{"name": "jsonwebtoken", "main": "index.js"}',
        "node_modules/jsonwebtoken/index.js": "exports.whose = 'npm';",
        "files.js": "export default { read() { return ', ours' } };",
    }
    project = write_project(cli.folder / "alias", "alias", files, route="/alias")
    told = cli.run("deploy", project)
    assert told.status == 0 and "Warning: main.js imports node:fs, which reads static files, and the" in told.err
    assert "name their folder in edgelet.toml, [static]" in told.err
    assert get(local.address, "/alias").status == 500
    toml = project / "edgelet.toml"
    toml.write_text(toml.read_text() + '[alias]\njsonwebtoken = "jsonwebtoken"\n"node:fs" = "./files.js"\n')
    cli.ok("deploy", project)
    assert get(local.address, "/alias").text == "npm, ours"


def test_modules_of_node_are_bundled_where_code_imports_them(cli, local):
    """By import and by require, with and without prefix, and with what code for Node.js takes for global."""
    files = {
        "main.js": """import { join } from "path"; import EventEmitter from "node:events"; import needy from "needy";
            import { spawn } from "child_process"; import { readFile } from "fs/promises";
            export default { async fetch() {
              class Mine extends EventEmitter {}
              const seen = await new Promise((resolve) => new Mine().on("x", resolve).emit("x", join("/a", "../b")));
              const said = ({ code, message }) => `${code} ${message}`;
              const thrown = (action) => { try { action() } catch (error) { return said(error) } };
              const throwing = () => { throw new RangeError("boo") };
              const absent = [thrown(() => spawn("ls")), thrown(() => readFile("x"))];
              return Response.json([seen, needy(), ...absent, thrown(throwing)]);
            } };""",
        "node_modules/needy/package.json": """{
            "name": "needy", "main": "main.js", "browser": { "crypto": false, "url": "./own.js" }
        }""",
        "node_modules/needy/own.js": "module.exports = 'of the package';",
        "node_modules/util/index.js": "module.exports = { promisify: 'of an npm package' };",
        "node_modules/needy/main.js": """
            const Emitter = require("events"), { Readable } = require("node:stream"), missing = require("crypto");
            class Mine extends Emitter {}
            module.exports = () => [new Mine().emit("x"), typeof Readable.from, Object.keys(missing), require("url"),
              Buffer.from("a").toString("hex"), typeof process.nextTick, typeof setImmediate, global === globalThis,
              __dirname, typeof setTimeout(() => {}, 0).unref, process.env.NODE_ENV, typeof require("util").promisify];
        """,
    }
    project = write_project(cli.folder / "node", "node", files, route="/node")
    told = cli.run("deploy", project)
    assert told.status == 0
    assert "main.js imports node:child_process, which devices do not have" in told.err
    assert "main.js imports node:fs/promises, which reads static files, and the project has none" in told.err
    seen, package, spawned, read, thrown = json.loads(get(local.address, "/node").text)
    assert seen == "/b"
    globals_found = ["61", "function", "function", True, "/", "function", "production", "function"]
    assert package == [False, "function", [], "of the package", *globals_found]
    assert spawned.startswith("ERR_FEATURE_UNAVAILABLE_ON_PLATFORM spawn of node:child_process is not there on a ")
    assert "readFile of node:fs/promises" in read and "import the file" in read
    assert thrown == "undefined boo"


READER = """import fs from "node:fs"; import { readFile } from "node:fs/promises";
    export default { async fetch(request) {
      const name = new URL(request.url).search.slice(1);
      if (name === "") return Response.json(fs.readdirSync("pages", { recursive: true }));
      try {
        return Response.json([fs.readFileSync(`pages/${name}`, "utf8"), [...await readFile(`/pages/${name}`)]]);
      } catch (error) {
        return Response.json([error.code, error.message]);
      }
    } };"""
STATIC = {"static": {"folder": "pages"}, "route": "/reader"}


def test_static_files_come_along_where_the_project_itself_imports_fs(cli, local):
    project = write_project(cli.folder / "reader", "reader", {"main.js": READER, "pages/a.txt": "Grüße"}, **STATIC)
    (project / "pages" / "sub").mkdir()
    (project / "pages" / "sub" / "b").write_bytes(b"\xff\0")
    (project / "pages" / ".hidden").write_text("not for anybody")
    told = cli.run("deploy", project)
    assert told.status == 0 and "node:fs" not in told.err

    def found(name):
        return get(local.address, f"/reader/read?{name}").json()

    assert found("") == ["a.txt", "sub", "sub/b"]
    assert found("a.txt") == ["Grüße", list("Grüße".encode())]
    assert found("sub/b") == ["\ufffd\0", [255, 0]]
    assert found("none") == ["ENOENT", "ENOENT: no such file or directory, open 'pages/none'"]
    assert found(".hidden")[0] == "ENOENT"
    assert get(local.address, "/reader/a.txt").text == "Grüße"


def test_static_files_do_not_come_along_with_a_package_that_imports_fs(cli, local, firmware):
    files = {
        "main.js": """import find from "finder"; export default { fetch() {
            try { return new Response(find()) } catch (error) { return new Response(error.message) }
        } };""",
        "node_modules/finder/package.json": '{"name": "finder", "main": "main.js"}',
        "node_modules/finder/main.js": "module.exports = () => require('fs').readFileSync('pages/a.txt');",
        "pages/a.txt": "CANARY",
    }
    project = write_project(cli.folder / "found", "found", files, static={"folder": "pages"}, route="/found")
    told = cli.run("deploy", project)
    assert told.status == 0
    assert "node_modules/finder/main.js imports node:fs, which devices do not have" in told.err
    answer = get(local.address, "/found/x").text
    assert answer.startswith("readFileSync of node:fs is not there on a device: ") and "import node:fs" in answer
    assert b"CANARY" not in compile_project(read_project(project), firmware).data


@pytest.mark.slow
def test_static_files_that_come_along_are_small(firmware, tmp_path):
    project = write_project(tmp_path, "large", {"main.js": READER, "pages/a.txt": "a" * nodejs.FILE_BYTES}, **STATIC)
    assert len(compile_project(read_project(project), firmware).data) > nodejs.FILE_BYTES
    (project / "pages" / "b.txt").write_text("b")
    with pytest.raises(EdgeletError, match="which are 1048577 bytes, and may be 1048576: import the files"):
        compile_project(read_project(project), firmware)


def test_a_bundle_is_the_same_wherever_the_project_is(firmware, tmp_path):
    """It names no folder of this computer."""
    files = {"main.js": f'import util from "node:util"; util.format("%s", 1); {READER}', "pages/a.txt": "a"}
    bundles = []
    for folder in ("one", "of/another/depth"):
        project = read_project(write_project(tmp_path / folder, "same", files, **STATIC))
        bundles.append(compile_project(project, firmware))
    assert bundles[0] == bundles[1]
    assert all(path.encode() not in bundles[0].data for path in (str(cache_dir()), tmp_path.name, "files.js/", "../"))
    assert {"node:fs.js", "node:files.js"} <= set(bundles[0].origins.sources)


def test_places_in_modules_of_node_have_the_modules_names(cli, local):
    source = "import path from 'node:path'; export default { fetch() { return path.join(5) } };"
    project = write_project(cli.folder / "node", "node", {"main.js": source}, route="/node")
    told = cli.run("deploy", project)
    assert told.status == 0 and "ERR_INVALID_ARG_TYPE" not in told.err
    assert "node:path.js:" in cli.ok("logs", "--function", "node") and str(cli.folder) not in told.err


def test_a_function_that_imports_no_module_of_node_pays_nothing(local, tmp_path, firmware):
    """Not even where a package asks for one that it can do without."""
    files = {
        "main.js": "import needy from 'needy'; export default { fetch() { return new Response(needy) } };",
        "node_modules/needy/package.json": '{"name": "needy", "main": "main.js"}',
        "node_modules/needy/main.js": "let os = 'none'; try { os = require('os') } catch {} module.exports = os;",
    }
    project = read_project(write_project(tmp_path / "free", "free", files))
    assert len(compile_project(project, firmware).data) < 4000


def test_a_bundle_has_what_its_code_imports_and_nothing_else(tmp_path, firmware):
    files = {
        "main.js": "import { isatty } from 'node:tty'; export default { fetch() { return new Response(isatty(0)) } };"
    }
    project = read_project(write_project(tmp_path / "small", "small", files))
    assert list(collect_sources(project).files) == ["main.js"]
    bundle = compile_project(project, firmware).data
    assert len(bundle) < 8000 and b"urlpattern" not in bundle and str(tmp_path).encode() not in bundle


def test_a_module_that_node_does_not_have_is_no_module(cli):
    project = write_project(cli.folder / "gone", "gone", {"main.js": 'import "node:gone"; export default {};'})
    assert 'main.js:1:7: Could not resolve "node:gone". Node.js 24 has no such module' in cli.fails("deploy", project)
    below = {"main.js": 'import "node:fs/gone"; export default {};'}
    project = write_project(cli.folder / "below", "below", below)
    assert "main.js:1:7: 'node:fs' has no such module below it" in cli.fails("deploy", project)


URL_PATTERN = """export default { fetch({ url }) {
  return new Response(new URLPattern({ pathname: "/%s/:id" }).exec(url).pathname.groups.id + suffix);
} };"""


@pytest.mark.slow
def test_url_pattern_comes_with_what_names_it(cli, local):
    beginnings = {"plain": "const suffix = '';", "both": 'import { sep as suffix } from "node:path";'}
    for name, beginning in beginnings.items():
        files = {"main.js": beginning + URL_PATTERN % name}
        cli.ok("deploy", write_project(cli.folder / name, name, files, route=f"/{name}"))
    assert [get(local.address, path).text for path in ("/plain/7", "/both/8")] == ["7", "8/"]
    for pattern in ("'https://b\\xfccher.example/*'", "{ hostname: 'b\\xfccher.example' }"):
        wrong = {"main.js": f"new URLPattern({pattern}); export default {{}};"}
        told = cli.run("deploy", write_project(cli.folder / "wrong", "wrong", wrong))
        assert told.status == 1 and "write it in its xn-- form" in told.err


def test_import_meta_is_there_in_whatever_file_of_a_bundle(cli, local):
    files = {
        "main.ts": 'import { meta } from "./meta"; export default { fetch: () => new Response(typeof meta()) };',
        "meta.ts": "export const meta = (): object => import.meta;",
    }
    cli.ok("deploy", write_project(cli.folder / "meta", "meta", files, main="main.ts", route="/meta"))
    assert get(local.address, "/meta").text == "object"


LOCALES = """
const options = { style: "currency", currency: "EUR" };
const answers = {
    number: () => new Intl.NumberFormat("en-US", options).format(1234.5),
    method: () => (1234.5).toLocaleString(undefined, options),
    date: () => new Date(0).toLocaleDateString("en-US", { dateStyle: "long", timeZone: "UTC" }),
    order: () => ["a10", "a9"].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })).join(),
    global: () => globalThis.Intl.PluralRules === Intl["PluralRules"] && new Intl.PluralRules("en").select(1),
    typeof: () => typeof Intl,
    language: () => new Intl.NumberFormat("de").format(1),
    zone: () => new Date(0).toLocaleString("en-US", { timeZone: "Europe/Berlin" }),
    british: () => new Date(0).toLocaleDateString("en-GB"),
    absent: () => new Intl.Segmenter("en"),
    unit: () => (1).toLocaleString("en-US", { style: "unit", unit: "meter" }),
};
export default { fetch(request) {
    try {
        return new Response(answers[new URL(request.url).searchParams.get("q")]());
    } catch (error) {
        return new Response(`${error}`);
    }
} };"""
LACKS = {
    "language": "de",
    "zone": "the time zone Europe/Berlin",
    "british": "en-GB",
    "absent": "Segmenter",
    "unit": "units of numbers",
}


@pytest.mark.parametrize("main", ["main.js", "main.ts"])
def test_intl_comes_with_what_names_it(cli, local, main):
    project = write_project(cli.folder / "locales", "locales", {main: LOCALES}, main=main, route="/locales")
    cli.ok("deploy", project)
    names = ["number", "method", "date", "order", "global", "typeof", *LACKS]
    answers = {name: get(local.address, f"/locales?q={name}").text for name in names}
    assert answers == {
        "number": "€1,234.50",
        "method": "€1,234.50",
        "date": "January 1, 1970",
        "order": "a9,a10",
        "global": "one",
        "typeof": "object",
        **{
            name: f"TypeError: Intl has en-US and UTC here, and not {what}: bring what formats it in your bundle"
            for name, what in LACKS.items()
        },
    }


@pytest.mark.parametrize(
    ("code", "there"),
    [
        ("(5).toLocaleString('en-US')", None),
        ("new Date(0).toLocaleDateString(undefined) + 'a'.localeCompare('b')", None),
        ("new Intl.ListFormat('en').format(['a'])", {"ListFormat"}),
        ("typeof Intl === 'object' && Intl.DateTimeFormat", {"DateTimeFormat"}),
        ("'a'.localeCompare(f('b', 1), 'en')", {"Collator"}),
        ("new Date(0).toLocaleTimeString([], { hour: '2-digit' })", {"DateTimeFormat"}),
        ("(5).toLocaleString('en-US', { style: 'percent' })", {"DateTimeFormat", "NumberFormat"}),
    ],
)
def test_of_intl_there_is_what_is_named(tmp_path, firmware, code, there):
    source = f"const f = (x) => x; export default {{ fetch() {{ return new Response({code}); }} }};"
    project = read_project(write_project(tmp_path / "plain", "plain", {"main.js": source}))
    files = collect_sources(project).files
    classes = {name for text in files.values() for name in re.findall(r"^class (\w+)", text, re.MULTILINE)}
    assert classes == (there or set())
    assert (".edgelet/intl.js" in files) == (there is not None)
    project = read_project(write_project(tmp_path / "typed", "typed", {"main.ts": source}, main="main.ts"))
    made = collect_sources(project).files["main.ts"]
    assert set(re.findall(r"^var (\w+) = class", made, re.MULTILINE)) == (there or set())
    assert ("node:" in compile_project(project, firmware).data.decode("latin-1")) == (there is not None)


@pytest.mark.parametrize("alias", ['a = ""', "a = 1", '"./a" = "b"', 'a = "./gone.js"'])
def test_an_alias_that_leads_nowhere_is_refused(cli, alias):
    project = write_project(cli.folder / "alias", "alias", {"main.js": "export default {};"})
    (project / "edgelet.toml").write_text('name = "alias"\n[alias]\n' + alias + "\n")
    assert "alias." in cli.fails("deploy", project)


# What was not there yet.
KILLED = {".package-lock.json", ".bin", "bin", "lib"}


@pytest.mark.slow
def test_an_esbuild_whose_installation_was_killed_is_installed_anew(tmp_path, monkeypatch):
    whole = ensure_esbuild("this test")
    home = whole.parents[2].name
    monkeypatch.setenv("EDGELET_CACHE", str(tmp_path))
    # npm takes what has a package.json for whole.
    shutil.copytree(whole.parents[1], tmp_path / home / "node_modules", ignore=lambda folder, names: KILLED & {*names})
    program = ensure_esbuild("this test")
    assert subprocess.run([program, "--version"], check=False).returncode == 0
    assert (program.parents[1] / "esbuild" / "lib" / "main.js").exists()


def test_a_package_that_is_not_installed_is_named(cli):
    ensure_esbuild("this test")
    source = 'import x from "no-such-package"; export default { fetch() { return new Response(x) } }'
    project = write_project(cli.folder / "package", "package", {"main.js": source})
    message = cli.fails("deploy", project)
    assert "main.js:1:" in message
    assert "npm install no-such-package" in message


@pytest.fixture
def no_node(monkeypatch, tmp_path):
    """A computer that has neither Node.js nor npm."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for folder in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in folder.glob("*"):
            if program.name not in ("node", "npm") and not (programs / program.name).is_symlink():
                (programs / program.name).symlink_to(program)
    monkeypatch.setenv("PATH", str(programs))


@pytest.mark.usefixtures("no_node")
def test_without_node_the_error_says_so(cli):
    project = write_project(cli.folder / "typed", "typed", {"main.ts": TYPESCRIPT}, main="main.ts")
    assert "main.ts is TypeScript, which needs Node.js and npm" in cli.fails("deploy", project)
    pattern = "export default { fetch: () => Response.json(new URLPattern('/a', 'http://b')) };"
    project = write_project(cli.folder / "pattern", "pattern", {"main.js": pattern})
    text = "main.js uses URLPattern, for which there is an npm package, which needs Node.js and npm"
    assert text in cli.fails("deploy", project)


MONEY = """const format = new Intl.NumberFormat("en-US", { style: "currency", currency: "EUR" });
export const money = (number) => format.format(number);"""
FORMATS = """import { money } from "./lib/money.js";
export default { fetch: () => Response.json([
  money(1234.5),
  new globalThis.Intl.ListFormat("en").format(["a", "b", "c"]),
  ["b", "A", "a"].sort((a, b) => a.localeCompare(b, "en", { sensitivity: "base" })),
  (0.5).toLocaleString("en-US", { style: "percent" }),
  new Date(0).toLocaleDateString("en-US", { month: "long" }),
  lacking(() => new Intl.PluralRules("de")), lacking(() => new Intl.Segmenter()),
  Object.keys(globalThis).includes("Intl"), new Error().stack.split("\\n")[0].trim(),
]) };
const lacking = (make) => { try { return make(); } catch (error) { return error.message; } };
// no line's end here"""


@pytest.mark.usefixtures("no_node")
def test_without_node_there_is_intl(cli, local):
    files = {"main.js": FORMATS, "lib/money.js": MONEY}
    cli.ok("deploy", write_project(cli.folder / "locales", "locales", files, route="/locales"))
    *values, german, segmenter, is_listed, place = get(local.address, "/locales").json()
    assert values == ["€1,234.50", "a, b, and c", ["A", "a", "b"], "50%", "January"]
    assert "de" in german and "Segmenter" in segmenter
    assert (is_listed, place) == (False, "at fetch (main.js:9:49)")


# What a plain file has of the platform when nothing but the firmware is there to compile it.
PLAIN = """
import { env } from "cloudflare:workers";
const there = ["self", "AbortController", "AbortSignal", "EventTarget", "Event", "CustomEvent", "Blob", "File",
  "FormData", "navigator", "performance", "TextDecoder", "addEventListener", "structuredClone", "crypto"];
export default { async fetch(request) {
  const form = new FormData();
  form.set("file", new File(["content"], "a.txt"));
  const back = await new Response(form).formData();
  const reason = await new Promise((resolve) => {
    const signal = AbortSignal.any([AbortSignal.timeout(1)]);
    signal.addEventListener("abort", () => resolve(signal.reason.name));
  });
  const bytes = new Uint8Array([0xe4, 0x61, 0x00]);
  const target = new EventTarget();
  let seen;
  target.addEventListener("e", (event) => { seen = event.detail; });
  target.dispatchEvent(new CustomEvent("e", { detail: 7 }));
  const buffer = new ArrayBuffer(8);
  return Response.json({
    missing: there.filter((name) => !(name in globalThis)),
    env: env.GREETING,
    file: await back.get("file").text(),
    reason, seen,
    decoded: ["latin1", "utf-16le", "utf-16be"].map((label) => new TextDecoder(label).decode(bytes.slice(0, 2))),
    agent: navigator.userAgent,
    origin: typeof performance.timeOrigin,
    cf: typeof request.cf,
    same: crypto.subtle.timingSafeEqual(bytes, bytes.slice()),
    cause: structuredClone(new Error("e", { cause: 1 })).cause,
    big: typeof structuredClone(Object(5n)),
    moved: [structuredClone(buffer, { transfer: [buffer] }).byteLength, buffer.byteLength],
    meta: typeof import.meta,
  });
} };
"""


@pytest.mark.usefixtures("no_node")
def test_without_node_a_plain_file_has_the_platform(cli, local):
    project = write_project(cli.folder / "plain", "plain", {"main.js": PLAIN}, route="/plain", vars={"GREETING": "hi"})
    cli.ok("deploy", project)
    assert get(local.address, "/plain").json() == {
        "missing": [],
        "env": "hi",
        "file": "content",
        "reason": "TimeoutError",
        "seen": 7,
        "decoded": ["äa", "懤", "\ue461"],
        "agent": "edgelet",
        "origin": "number",
        "cf": "undefined",
        "same": True,
        "cause": 1,
        "big": "object",
        "moved": [8, 0],
        "meta": "object",
    }


# CommonJS, and AWS' events

COMMONJS = "exports.handler = async (event) => ({ body: event.version + new Error().stack });"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (COMMONJS, "1.0"),
        ("'use strict'; module.exports = { handler: async () => ({ body: 'object' }) };", "object"),
        ("const { said } = require('./lib'); module.exports.handler = async () => ({ body: said });", "required"),
    ],
)
def test_a_commonjs_module_has_the_handler(cli, local, source, told):
    files = {"main.js": source, "lib.js": "exports.said = 'required';"}
    project = write_project(cli.folder / "common", "common", files, route="/common")
    cli.ok("deploy", project)
    assert get(local.address, "/common").text.startswith(told)


def test_a_commonjs_module_keeps_its_lines(cli, local):
    project = write_project(cli.folder / "common", "common", {"main.js": "\n\n" + COMMONJS}, route="/common")
    cli.ok("deploy", project)
    assert "(main.js:3:" in get(local.address, "/common").text


def test_the_project_chooses_the_events_version(cli, local):
    source = "export const handler = async (event) => event.rawPath ?? { body: event.path };"
    project = write_project(cli.folder / "version", "version", {"main.js": source}, route="/version", event="2.0")
    cli.ok("deploy", project)
    answer = get(local.address, "/version/x")
    assert (answer.text, answer.headers["content-type"]) == ("/version/x", "application/json")
    project = write_project(cli.folder / "version", "version", {"main.js": source}, route="/version")
    cli.ok("deploy", project)
    assert get(local.address, "/version/x").headers["content-type"].startswith("text/plain")
    wrong = write_project(cli.folder / "wrong", "wrong", {"main.js": source}, event="3.0")
    assert 'event must be "1.0"' in cli.fails("deploy", wrong)


# Positions are those of the author's files

FAILING = """// é
interface Box<T> { value: T }
const twice = (box: Box<number>): number => box.value * 2;

export class Account {
  #owner: string = "o";
  fail(kind: string): never {
    const text: string = `no ${kind} of ${this.#owner}`; throw new RangeError(text);
  }
}
export async function later(kind: string): Promise<void> {
  await null;
  new Account().fail(kind + twice({ value: 4 }));
}
"""
CALLING = """import { later } from "./lib/failing";
import { lib } from "lib";
export default {
  async fetch(request: Request): Promise<Response> {
    try {
      lib(() => { throw new Error("passed"); });
    } catch (error) {
      console.log((error as Error).stack);
    }
    await later("way");
    return new Response();
  },
};
"""
LIB = "exports.lib = function each(f) {\n  return f( 1 );\n};\n"


def test_positions_are_those_of_the_authors_files(cli, local):
    files = {
        "src/main.ts": CALLING,
        "src/lib/failing.ts": FAILING,
        "node_modules/lib/package.json": '{"name": "lib"}',
        "node_modules/lib/index.js": LIB,
    }
    project = write_project(cli.folder / "places", "places", files, main="src/main.ts", route="/places")
    cli.ok("deploy", project)
    assert get(local.address, "/places").status == 500
    texts = [json.loads(line)["text"] for line in cli.ok("logs", "--function", "places", "--json").splitlines()]
    passed = next(text for text in texts if "lib/index.js" in text)
    assert [place.strip() for place in passed.splitlines()][:3] == [
        "at <anonymous> (src/main.ts:6:29)",
        "at each (node_modules/lib/index.js:2:10)",
        "at fetch (src/main.ts:6:7)",
    ]
    failed = next(text for text in texts if "RangeError" in text)
    assert [place.strip() for place in failed.splitlines()][:3] == [
        "RangeError: no way8 of o",
        "at fail (src/lib/failing.ts:8:79)",
        "at later (src/lib/failing.ts:13:29)",
    ]


def test_positions_are_those_of_the_same_file_without_types(cli, local):
    """The engine's own positions in JavaScript are the reference; esbuild prints the code anew."""
    handler = (
        "// a comment\n\nfunction   deep(n)   { if (n) return deep(n - 1); \n\n    return    missing (n); }\n"
        "export default { fetch() { try { [1].map(() => deep(2)) } catch (e) { return new Response(e.stack) } } };\n"
    )
    stacks = []
    for main in ("main.js", "main.ts"):
        project = write_project(cli.folder / main, "same", {main: handler}, main=main, route="/same")
        cli.ok("deploy", project)
        stacks.append(get(local.address, "/same").text.replace(main, "main"))
    assert "deep (main:5:" in stacks[0]
    assert stacks[1] == stacks[0]


@pytest.mark.parametrize("name", ["main", "lib"])
def test_a_deploy_that_throws_at_the_top_level_names_the_authors_place(cli, name):
    files = {"main.ts": "import './lib';\nexport default { fetch() {} };\n", "lib.ts": "console.log('lib');\n"}
    files[f"{name}.ts"] = "type Long = string;\n\n" + files[f"{name}.ts"] + "  const a: Long = null; a.length;\n"
    project = write_project(cli.folder / "top", "top", files, main="main.ts")
    line = files[f"{name}.ts"].count("\n")
    assert f"({name}.ts:{line}:" in cli.fails("deploy", project)


FIND = """
const { SourceMap } = require("node:module");
const { map, places } = JSON.parse(require("node:fs").readFileSync(0));
const read = new SourceMap(map);
console.log(JSON.stringify(places.map(([line, column]) => {
  const entry = read.findEntry(line - 1, column - 1);
  return entry.originalSource === undefined ? null
    : [entry.generatedLine + 1, entry.originalSource, entry.originalLine + 1, entry.originalColumn + 1];
})));
"""


def test_source_maps_are_read_as_node_reads_them(cli, tmp_path):
    esbuild = ensure_esbuild("this test")
    files = {"main.ts": CALLING, "lib/failing.ts": FAILING, "node_modules/lib/index.js": LIB}
    project = write_project(cli.folder / "map", "map", files, main="main.ts")
    options = ["--bundle", "--format=esm", "--sourcemap=external", f"--outdir={tmp_path}"]
    subprocess.run([esbuild, "main.ts", *options], cwd=project, check=True, capture_output=True)
    text = (tmp_path / "main.js.map").read_text()
    origins = source_map.parse(text)
    lines = (tmp_path / "main.js").read_text().splitlines()
    places = [(line, column) for line, code in enumerate(lines, 1) for column in range(1, len(code) + 3)]
    given = json.dumps({"map": json.loads(text), "places": places})
    done = subprocess.run(["node", "-e", FIND], input=given, capture_output=True, text=True, check=True)
    for (line, column), entry in zip(places, json.loads(done.stdout), strict=True):
        # Where a line has nothing up to this column, Node.js gives the last position of the lines before.
        expected = tuple(entry[1:]) if entry and entry[0] == line else None
        assert origins.origin(line, column) == expected, (line, column)
