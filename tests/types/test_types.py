"""The types for handlers: what they say is there is what a device has, and what has them passes `tsc --strict`."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import api_helpers
import pytest
from cli_helpers import Cli, local_device
from device_helpers import get, write_project
from edgelet_host.project.config import read_project
from edgelet_host.project.declarations import CONFIGURATION, RUNTIME, TYPES, write_types
from npm_helpers import installed

# What TypeScript counts among the language, and the engine leaves out, or has in what comes with a bundle
# (docs/api.md); and what it knows nothing of.
LANGUAGE_ONLY = {"Atomics", "Intl", "SharedArrayBuffer"}
ENGINE_ONLY = {"InternalError"}
# Members that objects have of their own, not of their class; those of a class that are left from the web's first years.
MEMBERS_ONLY = {
    "AggregateError": ["errors"],
    "Function": ["apply", "arguments", "bind", "call", "caller", "length", "name", "prototype"],
    "Iterator": ["next", "return", "throw"],
    "RegExp": [
        *["$&", "$'", "$+", "$_", "$`", *[f"${number}" for number in range(1, 10)]],
        *["input", "lastIndex", "lastMatch", "lastParen", "leftContext", "rightContext"],
    ],
    "SuppressedError": ["error", "suppressed"],
}
# A handler that tells what it is given, beside its globals.
HANDLER = """
import * as workers from "cloudflare:workers";
import jwt, * as tokens from "jsonwebtoken";
const names = {{ {names} }};
const all = (object) => membersOf(object, ["constructor", "[Symbol.toStringTag]"]);
const toldOf = (name) => {{
  const value = globalThis[name];
  const isClass = typeof value === "function" && value.prototype;
  const object = isClass ? value.prototype : value;
  return {{
    kind: isClass ? "class" : typeof value,
    statics: isClass ? membersOf(value, OF_FUNCTIONS) : [],
    members: Object(object) === object ? all(object) : [],
  }};
}};
export default {{
  fetch(request, env, ctx) {{
    const there = describe(Object.keys(names));
    return Response.json({{
      globals: Object.fromEntries(Object.keys(there).map((name) => [name, toldOf(name)])),
      given: {{
        "Cloudflare.Env": all(env),
        ExecutionContext: all(ctx),
        Fetcher: all(env.AUTH),
        Jwks: all(env.KEYS),
        KVNamespace: all(env.STORE),
        RateLimit: all(env.ATTEMPTS),
        'typeof import("cloudflare:workers")': all(workers),
        'typeof import("jsonwebtoken")': all(tokens),
        'typeof import("jsonwebtoken").default': all(jwt),
      }},
    }});
  }},
}};
"""
FIELDS = {
    "vars": {"GREETING": "hello"},
    "secrets": ["KEY"],
    "bindings": {
        "STORE": {"type": "kv"},
        "ATTEMPTS": {"type": "ratelimit", "limit": 5, "period": 60},
        "AUTH": {"type": "service", "function": "auth"},
        "KEYS": {"type": "jwks", "url": "https://accounts.example.com/jwks.json"},
    },
}
COMPARISON = """
type Text<T> = Exclude<Extract<T, string>, keyof Object>;
// true, else an object with what only one of them has.
type Same<Types, Device> = [Types, Device] extends [Device, Types]
  ? true
  : { onlyTypes: Exclude<Types, Device>; onlyDevice: Exclude<Device, Types> };
type Within<Types, Device> = [Types] extends [Device] ? true : { onlyTypes: Exclude<Types, Device> };
"""


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A command line without a device, in an empty folder."""
    return Cli(tmp_path)


def tsc(folder: Path, *options: str) -> str:
    """What the compiler finds in a project."""
    program = installed(Path(__file__).parent) / "node_modules" / ".bin" / "tsc"
    command = [program, "--noErrorTruncation", "--pretty", "false", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def union(names: list[str]) -> str:
    return " | ".join(json.dumps(name) for name in names if not name.startswith("[")) or "never"


def comparison(found: dict[str, dict[str, Any]]) -> str:
    """TypeScript that compiles where the types have what a device has, and no more."""
    lines = [COMPARISON]

    def compare(what: str, kind: str, types: str, device: list[str]) -> None:
        name = f"_{len(lines)}_{what}"
        lines.append(f"export const {name}: {kind}<Text<{types}>, Text<{union(device)}>> = true;\n")

    own = set(api_helpers.language())
    # In the syntax of service workers, which the handler names, they are globals, too.
    there = found["globals"].keys() - found["given"]["Cloudflare.Env"] - ENGINE_ONLY
    compare("globals", "Same", "keyof typeof globalThis", sorted(there | LANGUAGE_ONLY | {"globalThis"}))
    for name in sorted(there - {"globalThis", "self"}):
        one, kind = found["globals"][name], "Within" if name in own else "Same"
        if one["kind"] == "class":
            known = ["prototype", *MEMBERS_ONLY.get(name, [])]
            compare(f"{name}_class", kind, f"keyof typeof {name}", [*one["statics"], *known])
            objects = f'(typeof {name})["prototype"]'
            compare(f"{name}_object", kind, f'Exclude<keyof {objects}, "cause">', [*one["members"], *known[1:]])
        elif one["kind"] == "object":
            compare(name, kind, f"keyof typeof {name}", one["members"])
    for types, members in found["given"].items():
        compare("given", "Same", f"keyof ({types})", members)
    return "".join(lines)


@pytest.mark.slow
def test_the_types_have_what_a_device_has(firmware, tmp_path):
    names = ", ".join(f"{json.dumps(name)}: 0" for name in api_helpers._names())
    source = api_helpers.PROBE + HANDLER.format(names=names)
    with local_device(firmware, tmp_path / "machine") as local:
        cli = Cli(tmp_path, local.port)
        project = write_project(tmp_path / "probe", "probe", {"main.js": source}, **FIELDS)
        cli.ok("deploy", project)
        cli.ok("secret", "generate", "KEY", "--function", "probe")
        found = get(local.address, "/").json()
    assert cli.ok("types", project) == f"{project / TYPES}\n"
    (project / "comparison.ts").write_text(comparison(found))
    shutil.copy(CONFIGURATION, project)
    assert tsc(project, "--skipLibCheck", "false") == ""
    # It would say so.
    found["globals"]["Response"]["members"].remove("ok")
    del found["globals"]["fetch"]
    (project / "comparison.ts").write_text(comparison(found))
    assert len(tsc(project).splitlines()) == 2


@pytest.mark.slow
def test_handlers_have_types(tmp_path):
    project = write_project(tmp_path / "typed", "typed", {"main.js": ""}, **FIELDS)
    write_types(read_project(project))
    shutil.copy(CONFIGURATION, project)
    shutil.copy(Path(__file__).with_name("usage.ts"), project)
    assert tsc(project) == ""
    # Beside those of Node.js' modules, which come from npm.
    (project / "node_modules").symlink_to(installed(Path(__file__).parent) / "node_modules")
    # They have globals of Node.js that devices lack.
    (project / "usage.ts").unlink()
    (project / "node.ts").write_text('import { Buffer } from "node:buffer";\nBuffer.from("a", "base64url").length;\n')
    assert tsc(project, "--types", f"./{TYPES},node") == ""


@pytest.mark.slow
def test_new_projects_pass_the_compiler_that_is_strict(cli):
    config = json.loads(CONFIGURATION.read_text())
    assert config["compilerOptions"]["strict"]
    for template in ("hello", "lambda", "login"):
        cli.ok("new", template, "--typescript", "--template", template)
        project = cli.folder / template
        assert tsc(project, "--noUnusedLocals", "--noUnusedParameters") == ""
        (project / "main.ts").write_text((project / "main.ts").read_text() + "\nexport const wrong: number = 'text';\n")
        assert "error TS2322" in tsc(project)


def test_the_types_of_a_project(cli):
    write_project(cli.folder, "typed", {"main.js": ""}, **FIELDS)
    assert cli.ok("types") == f"{TYPES}\n"
    text = (cli.folder / TYPES).read_text()
    assert text.endswith(RUNTIME.read_text())
    assert text.startswith("""// Made by `edgelet types` from edgelet.toml: run it again when that has changed.
declare namespace Cloudflare {
  interface Env {
    GREETING: string;
    KEY: string;
    ATTEMPTS: RateLimit;
    AUTH: Fetcher;
    KEYS: Jwks;
    STORE: KVNamespace;
  }
}
interface Env extends Cloudflare.Env {}
declare namespace NodeJS {
  interface ProcessEnv extends Pick<Cloudflare.Env, "GREETING" | "KEY"> {}
}
""")
    write_project(cli.folder, "typed", {}, vars={"NO-NAME": "a"})
    assert "name 'NO-NAME': use 1 to 64 letters" in cli.fails("types")
    write_project(cli.folder, "typed", {}, bindings={"STORE": {"type": "d1"}})
    assert "binding STORE: its type must be one of" in cli.fails("types")
