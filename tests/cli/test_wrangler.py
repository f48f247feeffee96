"""`edgelet new --from`: projects of Workers, from what wrangler is told of them."""

import json
import os

import pytest
from cli_helpers import Cli
from edgelet_host.project.config import read_project

JSONC = """// A Worker.
{
  "$schema": "node_modules/wrangler/config-schema.json",
  "name": "My_Worker", /* as it is there */
  "main": "./src/index.ts",
  "compatibility_date": "2026-01-01",
  "vars": { "GREETING": "http://a // \\"b\\" /* c */,]", "NUMBER": 5, "LIST": [1, 2,], },
  "kv_namespaces": [{ "binding": "STORE", "id": "abc", "preview_id": "def" }],
  "services": [{ "binding": "AUTH", "service": "auth", "entrypoint": "Admin" }],
  "ratelimits": [{ "name": "ATTEMPTS", "namespace_id": "1", "simple": { "limit": 5, "period": 60 } }],
  "routes": ["a.example.com/api/*", { "pattern": "b.example.com", "custom_domain": true }, "*.example.com/*"],
  "assets": { "directory": "./public/", "binding": "ASSETS", "not_found_handling": "404-page" },
  "limits": { "cpu_ms": 100, "subrequests": 100000 },
  "triggers": { "crons": ["* * * * *"] },
  "d1_databases": [{ "binding": "DB" }],
  "env": { "staging": {} },
}
"""
TOML = """name = "plain"
main = "index.js"
route = "plain.example.com/*"
compatibility_flags = ["nodejs_compat"]

[vars]
GREETING = "hello"

[alias]
thing = "./thing.js"

[site]
bucket = "./public"
"""
MAIN = "export default { fetch() { return new Response('hello'); } };"


@pytest.fixture
def cli(tmp_path):
    """A command line without a device, in an empty folder."""
    return Cli(tmp_path)


def write_worker(folder, name, text, **files):
    for path, content in {name: text, "public/index.html": "<h1>hello</h1>", **files}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder


def test_a_worker_of_jsonc(cli):
    files = {
        "src/index.ts": MAIN,
        ".dev.vars": "KEY=secret\nGREETING=me\n",
        "node_modules/a/b.js": "",
        ".git/config": "",
    }
    worker = write_worker(cli.folder / "worker", "wrangler.jsonc", JSONC, **files)
    done = cli.run("new", "--from", worker)
    assert done.status == 0, done.err
    assert done.out.split() == [
        "my-worker/.dev.vars",
        "my-worker/.gitignore",
        "my-worker/edgelet.toml",
        "my-worker/public/index.html",
        "my-worker/src/index.ts",
        "my-worker/tsconfig.json",
        "my-worker/worker-configuration.d.ts",
    ]
    assert done.err.splitlines() == [
        "routes: *.example.com/* is left out: a host has no *, a path one at its end only",
        "routes: it answers under a.example.com, b.example.com only: without 'hosts' under any name",
        "routes: each of /api, / is answered under each of the hosts",
        "vars: NUMBER is text here: JSON.parse(env.NUMBER)",
        "vars: LIST is text here: JSON.parse(env.LIST)",
        "limits: subrequests is left out: docs/limits.md has what there is",
        "kv_namespaces: the keys of STORE are not copied: 'edgelet kv bulk' puts them",
        "services: AUTH has no entrypoint here",
        "assets: there is no env.ASSETS: static files are answered without the handler",
        "assets: not_found_handling is left out: a file is answered before the handler is asked",
        "compatibility_date: not needed, there is one state of the runtime, that of the firmware",
        "d1_databases: devices have nothing like it",
        "env: a project has one environment; other values on a device: 'edgelet env set'",
        "triggers: nothing is called by the clock",
        "fetch() reaches nobody until [fetch] in edgelet.toml names whom",
        "Next: edgelet dev my-worker",
    ]
    project = read_project(cli.folder / "my-worker")
    assert (project.name, project.main, project.secrets) == ("my-worker", "src/index.ts", ["KEY"])
    assert (project.hosts, project.routes) == (["a.example.com", "b.example.com"], ["/api", "/"])
    assert project.vars == {"GREETING": 'http://a // "b" /* c */,]', "NUMBER": "5", "LIST": "[1, 2]"}
    assert project.bindings == {
        "STORE": {"type": "kv"},
        "AUTH": {"type": "service", "function": "auth"},
        "ATTEMPTS": {"type": "ratelimit", "limit": 5, "period": 60},
    }
    assert (project.static, project.limits) == ({"folder": "public"}, {"cpu_ms": 100})


def test_a_worker_of_toml(cli):
    worker = write_worker(cli.folder, "wrangler.toml", TOML, **{"index.js": MAIN, "thing.js": ""})
    # The new folder may be in that of the Worker.
    done = cli.run("new", "copy", "--from", worker / "wrangler.toml")
    assert done.status == 0, done.err
    project = read_project(cli.folder / "copy")
    assert (project.name, project.main, project.static) == ("copy", "index.js", {"folder": "public"})
    assert (project.hosts, project.routes) == (["plain.example.com"], ["/"])
    assert (project.vars, project.alias) == ({"GREETING": "hello"}, {"thing": "./thing.js"})
    assert not list((cli.folder / "copy").glob("*.d.ts")) + list((cli.folder / "copy").glob("wrangler*"))
    assert not (cli.folder / "copy" / "copy").exists()
    # Its own may be where its repository begins; the project is to have one that names .dev.vars.
    assert (cli.folder / "copy" / ".gitignore").read_text() == ".dev.vars\nnode_modules/\n"
    assert "copy: bundle " in cli.ok("check", "copy")


def test_what_leads_nowhere_is_not_copied(cli):
    worker = write_worker(cli.folder / "plain", "wrangler.toml", TOML, **{"index.js": MAIN, "thing.js": ""})
    for name, target in {"nothing": "none", "loop": "loop", "self": ".", "up": "..", "site": "public"}.items():
        (worker / name).symlink_to(target)
    os.mkfifo(worker / "pipe")
    cli.ok("new", "mine", "--from", "plain")
    made = {one.name for one in (cli.folder / "mine").iterdir()}
    assert made == {"edgelet.toml", ".gitignore", "index.js", "thing.js", "public", "site"}


def test_what_cannot_be_read_is_told_and_leaves_nothing(cli):
    worker = write_worker(cli.folder / "plain", "wrangler.toml", TOML, **{"index.js": MAIN})
    # Root reads every file but this.
    (worker / "thing.js").symlink_to("/proc/self/mem")
    copied = f"{worker / 'thing.js'} to {cli.folder / 'mine' / 'thing.js'}"
    message = cli.fails("new", "mine", "--from", "plain")
    assert message == f"Error: cannot copy {copied}: [Errno 5] Input/output error\n"
    assert not (cli.folder / "mine").exists()
    # What was there before is nobody's to remove.
    (cli.folder / "mine").mkdir()
    assert "is there already" in cli.fails("new", "mine", "--from", "plain")
    assert (cli.folder / "mine").exists()


def test_a_folder_that_a_build_makes_is_told(cli):
    configured = json.dumps({"main": "index.js", "assets": {"directory": "./dist"}})
    worker = write_worker(cli.folder / "worker", "wrangler.json", configured, **{"index.js": MAIN})
    assert "assets: there is no folder ./dist yet" in cli.run("new", "mine", "--from", worker).err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"main": "dist/index.js"}, "there is no file dist/index.js (main) beside it: is it made by a build?"),
        ({"main": "../other.js"}, "there is no file ../other.js (main)"),
        ({"main": 5}, "main must be a text"),
        ({"vars": []}, "vars must be a table"),
        ({"secrets": {"required": 5}}, "secrets.required must be an array"),
        ({"ratelimits": [{"name": "A", "simple": 5}]}, "ratelimits: simple must be a table"),
        ({"assets": {"directory": 5}}, "assets.directory and site.bucket must be a text"),
        ({"kv_namespaces": [{}]}, "kv_namespaces: an entry has no binding"),
        ({"main": "index.js", "alias": {"./a": "b"}}, "alias../a: write module"),
        ([], "it must be an object"),
    ],
)
def test_workers_that_cannot_be(cli, given, message):
    worker = write_worker(cli.folder / "worker", "wrangler.json", json.dumps(given), **{"index.js": MAIN})
    assert message in cli.fails("new", "mine", "--from", worker)
    assert not (cli.folder / "mine").exists()


def test_from_refuses_what_cannot_be(cli):
    assert "has no wrangler.jsonc, wrangler.json or wrangler.toml" in cli.fails("new", "mine", "--from", cli.folder)
    write_worker(cli.folder, "wrangler.json", "{ broken", **{"index.js": MAIN})
    assert "wrangler.json: Expecting property name" in cli.fails("new", "mine", "--from", cli.folder)
    assert cli.run("new", "mine", "--from", cli.folder, "--template", "hello").status == 2
    assert cli.run("new").status == 2
