"""What wrangler's configuration of a Worker says, as an edgelet.toml."""

import json
import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import FILE, read_project
from edgelet_host.project.declarations import CONFIGURATION, write_types
from edgelet_host.project.dotenv import DEV_VARS, parse
from edgelet_host.project.template import GITIGNORE, write_gitignore
from edgelet_host.runtime import limits, names

_FILES = ("wrangler.jsonc", "wrangler.json", "wrangler.toml")
_KINDS = {"str": "a text", "list": "a list", "dict": "a table"}
# A string, which stays, or a comment of JSONC; and a comma behind which nothing comes.
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')

# Keys without which a function runs all the same: key -> why.
_NOT_NEEDED = {
    "compatibility_date": "there is one state of the runtime, that of the firmware",
    "compatibility_flags": "Node.js' modules are there where they are imported (docs/node.md)",
    "account_id": "there are no accounts",
    "workers_dev": "a device has its own address",
    "preview_urls": "a device has its own address",
    "observability": "'edgelet tail' has the log",
    "logpush": "'edgelet tail' has the log",
    "placement": "it runs on the device that it is deployed to",
    "minify": "the bundle is bytecode",
    "upload_source_maps": "errors have positions in your files without it",
    "send_metrics": "nothing is sent",
    "dev": "'edgelet dev --help' has what it is told",
}
# Those that a person has to replace: key -> by what.
_TO_REPLACE = {
    "build": "run its command before 'edgelet dev' and 'edgelet deploy'",
    "define": "use [vars]",
    "env": "a project has one environment; other values on a device: 'edgelet env set'",
    "rules": "text and binary modules go by the ends of their names (docs/functions.md)",
    "triggers": "nothing is called by the clock",
}


@dataclass
class _Worker:
    """A configuration on its way. fields: what edgelet.toml gets; notes: a line for each thing that it does not."""

    path: Path
    given: dict[str, Any]
    fields: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, key: str, kind: type, default: Any = None) -> Any:
        """Take a value out of it. Raises EdgeletError where it has another type."""
        value = self.given.pop(key, default)
        if value is not None and not isinstance(value, kind):
            raise EdgeletError(f"{self.path}: {key} must be {_KINDS[kind.__name__]}")
        return value

    def put(self, table: str, key: str, value: Any) -> None:
        """Give a table of edgelet.toml an entry."""
        self.tables.setdefault(table, {})[key] = value

    def bind(self, key: str, one: dict[str, Any], name: str, options: dict[str, Any]) -> None:
        """Give it a binding, and note what of it there is not. one: the rest of what wrangler is told of it."""
        self.put("bindings", name, options)
        self.notes += [f"{key}: {name} has no {other} here" for other in sorted(one)]


def find_worker(path: Path) -> Path:
    """Give wrangler's file, of which `path` is the folder or itself. Raises EdgeletError."""
    if path.is_file():
        return path
    for name in _FILES:
        if (path / name).is_file():
            return path / name
    raise EdgeletError(f"{path} has no {', '.join(_FILES[:-1])} or {_FILES[-1]}")


def name_of_worker(path: Path) -> str:
    """Give the name of the Worker in wrangler's file, as a function's. Raises EdgeletError."""
    name = _read(path).get("name")
    return (
        re.sub("[^a-z0-9]+", "-", str(name or path.parent.name).lower()).strip("-")[: names.FUNCTION_LENGTH].strip("-")
    )


def make_from_worker(folder: Path, path: Path) -> tuple[list[Path], list[str]]:
    """Make a project in a new folder, which gives it its name, of the Worker that a file of wrangler configures.

    Gives its files, and a line for each thing that does not come along. Raises EdgeletError.
    """
    worker = _Worker(path, _read(path))
    worker.fields["name"] = folder.name
    worker.given.pop("name", None)
    for convert in _CONVERSIONS:
        convert(worker)
    _note_the_rest(worker)
    _copy(path, folder)
    (folder / FILE).write_text(_toml(worker), "utf-8", newline="\n")
    try:
        project = read_project(folder)
        if project.main.endswith((".ts", ".mts", ".tsx")):
            write_types(project)
            if not (folder / CONFIGURATION.name).exists():
                shutil.copy(CONFIGURATION, folder)
    except EdgeletError as e:
        raise EdgeletError(f"{path} makes no project: {e.message}") from None
    return sorted(one for one in folder.rglob("*") if one.is_file()), worker.notes


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix == ".toml":
            return tomllib.loads(text)
        plain = _LAST_COMMA.sub(lambda found: found[1] or "", _COMMENT.sub(lambda found: found[1] or " ", text))
        given = json.loads(plain)
    except ValueError as e:
        raise EdgeletError(f"{path}: {e}") from None
    if not isinstance(given, dict):
        raise EdgeletError(f"{path}: it must be an object")
    return given


def _convert_main(worker: _Worker) -> None:
    main = worker.take("main", str)
    if main is None:
        return
    main = Path(main).as_posix().removeprefix("./")
    file = worker.path.parent / main
    if not file.is_file() or not file.resolve().is_relative_to(worker.path.parent.resolve()):
        raise EdgeletError(f"{worker.path}: there is no file {main} (main) beside it: is it made by a build?")
    worker.fields["main"] = main


def _convert_static(worker: _Worker) -> None:
    assets = worker.take("assets", dict) or {}
    site = worker.take("site", dict) or {}
    folder = assets.pop("directory", None) or site.pop("bucket", None)
    if folder is not None and not isinstance(folder, str):
        raise EdgeletError(f"{worker.path}: assets.directory and site.bucket must be a text, the path of a folder")
    if folder:
        if not (worker.path.parent / folder).is_dir():
            worker.notes.append(f"assets: there is no folder {folder} yet: it must be here before a deploy")
        worker.put("static", "folder", Path(folder).as_posix().removeprefix("./"))
    if binding := assets.pop("binding", None):
        worker.notes.append(f"assets: there is no env.{binding}: static files are answered without the handler")
    worker.notes += [
        f"assets: {key} is left out: a file is answered before the handler is asked" for key in sorted(assets)
    ]


def _convert_vars(worker: _Worker) -> None:
    for name, value in (worker.take("vars", dict) or {}).items():
        worker.put("vars", name, value if isinstance(value, str) else json.dumps(value))
        if not isinstance(value, str):
            worker.notes.append(f"vars: {name} is text here: JSON.parse(env.{name})")


def _convert_secrets(worker: _Worker) -> None:
    required = (worker.take("secrets", dict) or {}).get("required", [])
    if not isinstance(required, list):
        raise EdgeletError(f"{worker.path}: secrets.required must be an array")
    secrets = list(required)
    dev_vars = worker.path.parent / DEV_VARS
    if dev_vars.is_file():
        secrets += parse(str(dev_vars), dev_vars.read_bytes().decode("utf-8-sig", "replace"))
    variables = worker.tables.get("vars", {})
    if found := [name for name in dict.fromkeys(secrets) if name not in variables]:
        worker.fields["secrets"] = found


def _convert_bindings(worker: _Worker) -> None:
    for one in _entries(worker, "kv_namespaces"):
        known = {key: value for key, value in one.items() if key not in ("id", "preview_id", "binding", "remote")}
        worker.bind("kv_namespaces", known, one["binding"], {"type": "kv"})
        worker.notes.append(f"kv_namespaces: the keys of {one['binding']} are not copied: 'edgelet kv bulk' puts them")
    for one in _entries(worker, "services"):
        service = one.get("service")
        options = {"type": "service", "function": worker.fields["name"] if service is None else service}
        known = {key: value for key, value in one.items() if key not in ("service", "binding", "remote")}
        worker.bind("services", known, one["binding"], options)
    for one in _entries(worker, "ratelimits", "name"):
        simple = one.get("simple", {})
        if not isinstance(simple, dict):
            raise EdgeletError(f"{worker.path}: ratelimits: simple must be a table")
        options = {"type": "ratelimit", "limit": simple.get("limit"), "period": simple.get("period")}
        known = {key: value for key, value in one.items() if key not in ("name", "namespace_id", "simple")}
        worker.bind("ratelimits", known, one["name"], options)


def _entries(worker: _Worker, key: str, name: str = "binding") -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = worker.take(key, list) or []
    for one in entries:
        if not isinstance(one, dict) or not isinstance(one.get(name), str):
            raise EdgeletError(f"{worker.path}: {key}: an entry has no {name}")
    return entries


def _convert_routes(worker: _Worker) -> None:
    given = [worker.given.pop("route", None), *(worker.take("routes", list) or [])]
    hosts: dict[str, None] = {}
    routes: dict[str, None] = {}
    pairs = 0
    for one in filter(None, given):
        pattern = one.get("pattern") if isinstance(one, dict) else one
        host, _, path = re.sub("^https?://", "", str(pattern)).partition("/")
        route = "/" + path.removesuffix("*").rstrip("/")
        try:
            names.host(host)
            names.route(route)
        except ValueError:
            worker.notes.append(f"routes: {pattern} is left out: a host has no *, a path one at its end only")
            continue
        pairs += 1
        hosts[host], routes[route] = None, None
    if hosts:
        worker.fields |= {"hosts": list(hosts), "routes": list(routes)}
        worker.notes.append(f"routes: it answers under {', '.join(hosts)} only: without 'hosts' under any name")
    if len(hosts) * len(routes) > pairs:
        worker.notes.append(f"routes: each of {', '.join(routes)} is answered under each of the hosts")


def _convert_limits(worker: _Worker) -> None:
    known = {row[0]: row[2:] for row in limits.of("function")}
    for name, value in (worker.take("limits", dict) or {}).items():
        low, high = known.get(name, (1, 0))
        if isinstance(value, int) and low <= value <= high:
            worker.put("limits", name, value)
        else:
            worker.notes.append(f"limits: {name} is left out: docs/limits.md has what there is")


def _convert_alias(worker: _Worker) -> None:
    for name, target in (worker.take("alias", dict) or {}).items():
        worker.put("alias", name, target)


def _note_the_rest(worker: _Worker) -> None:
    worker.given.pop("$schema", None)
    for key in sorted(worker.given):
        if key in _NOT_NEEDED:
            worker.notes.append(f"{key}: not needed, {_NOT_NEEDED[key]}")
        elif key in _TO_REPLACE:
            worker.notes.append(f"{key}: {_TO_REPLACE[key]}")
        else:
            worker.notes.append(f"{key}: devices have nothing like it")
    worker.notes.append("fetch() reaches nobody until [fetch] in edgelet.toml names whom")


def _leads_on(path: Path, folder: Path) -> bool:
    """Whether this is a file, or a folder that is neither `folder` nor one in which it is itself."""
    if not path.is_dir():
        return path.is_file()
    target = path.resolve()
    return target != folder.resolve() and not path.parent.resolve().is_relative_to(target)


def _copy(path: Path, folder: Path) -> None:
    """Copy what is beside wrangler's file, but for what tools have made, is hidden, or is a link that leads nowhere."""

    def ignored(place: str, found: list[str]) -> set[str]:
        left = {name for name in found if name.startswith(".") and name not in (DEV_VARS, GITIGNORE)}
        left |= {name for name in found if name == "node_modules" or not _leads_on(Path(place, name), folder)}
        return left | {name for name in found if Path(place, name) == path}

    shutil.copytree(path.parent, folder, ignore=ignored)
    # That of the Worker may be further up, where its repository begins.
    if not (folder / GITIGNORE).exists():
        write_gitignore(folder)


_CONVERSIONS: tuple[Callable[[_Worker], None], ...] = (
    _convert_main,
    _convert_routes,
    _convert_vars,
    _convert_secrets,
    _convert_limits,
    _convert_bindings,
    _convert_static,
    _convert_alias,
)


def _toml(worker: _Worker) -> str:
    lines = [f"# Made of {worker.path.name}.", *_lines(worker.fields)]
    for name, entries in worker.tables.items():
        lines += ["", f"[{name}]", *_lines(entries)]
    lines += ["", "# Whom fetch() may reach:", "# [fetch]", '# allow = ["api.example.com"]', ""]
    return "\n".join(lines)


def _lines(entries: dict[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in entries.items()]


def _key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    """Write a value as TOML: its texts are JSON's but for a character that it wants escaped."""
    if isinstance(value, dict):
        return "{ " + ", ".join(_lines(value)) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
