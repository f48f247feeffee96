"""From sources to a bundle: TypeScript, npm packages, imported data, and where an import leads nowhere."""

import json
import os
from pathlib import Path

import pytest
from device_helpers import get, write_project
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
    PACKAGE + "browser.js": "module.exports = 'browser, ' + process.env.NODE_ENV;",
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
    assert get(local.address, "/variant").text == f"browser, {mode}; mapped; workerd"


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
    assert '"node:fs" = "package"' in cli.fails("deploy", project)
    toml = project / "edgelet.toml"
    toml.write_text(toml.read_text() + '[alias]\njsonwebtoken = "jsonwebtoken"\n"node:fs" = "./files.js"\n')
    cli.ok("deploy", project)
    assert get(local.address, "/alias").text == "npm, ours"


@pytest.mark.parametrize("alias", ['a = ""', "a = 1", '"./a" = "b"', 'a = "./gone.js"'])
def test_an_alias_that_leads_nowhere_is_refused(cli, alias):
    project = write_project(cli.folder / "alias", "alias", {"main.js": "export default {};"})
    (project / "edgelet.toml").write_text('name = "alias"\n[alias]\n' + alias + "\n")
    assert "alias." in cli.fails("deploy", project)


def test_a_package_that_is_not_installed_is_named(cli):
    ensure_esbuild("this test")
    source = 'import x from "no-such-package"; export default { fetch() { return new Response(x) } }'
    project = write_project(cli.folder / "package", "package", {"main.js": source})
    message = cli.fails("deploy", project)
    assert "main.js:1:" in message
    assert "npm install no-such-package" in message


def test_without_node_the_error_says_so(cli, monkeypatch, tmp_path):
    project = write_project(cli.folder / "typed", "typed", {"main.ts": TYPESCRIPT}, main="main.ts")
    programs = tmp_path / "programs"
    programs.mkdir()
    for folder in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in folder.glob("*"):
            if program.name not in ("node", "npm") and not (programs / program.name).is_symlink():
                (programs / program.name).symlink_to(program)
    monkeypatch.setenv("PATH", str(programs))
    message = cli.fails("deploy", project)
    assert "main.ts is TypeScript, which needs Node.js and npm" in message
