"""A project: the folder that holds edgelet.toml, and what that file says."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgelet_host.errors import EdgeletError

FILE = "edgelet.toml"


@dataclass(frozen=True)
class Project:
    """One function.

    folder: where edgelet.toml is. name: of the function. main: the module with the handler, relative to the folder; ""
    for static files only. routes: path prefixes. hosts: host names, empty for all. vars, limits and bindings: see
    docs/functions.md. secrets: names of those that the function needs. static: {"folder": ..., "max_age": seconds} or
    empty. fetch: {"allow": [what it may reach], "roots": [files of certificates]} or empty. strip: leave out source
    positions. dev_kv: what `edgelet dev` puts into KV, binding -> key -> value.
    alias: name of a module -> the npm package or the file, beginning with "./", that imports of it get.
    event: version of the events that a Lambda handler expects, "1.0" or "2.0".
    client_header: the header in which requests have the client's address; "" for none.
    """

    folder: Path
    name: str
    main: str
    routes: list[str]
    hosts: list[str]
    vars: dict[str, str]
    secrets: list[str]
    limits: dict[str, int]
    bindings: dict[str, dict[str, Any]]
    static: dict[str, Any]
    fetch: dict[str, Any]
    strip: bool
    dev_kv: dict[str, dict[str, str]]
    alias: dict[str, str]
    event: str
    client_header: str

    def static_files(self) -> dict[str, Path]:
        """Give the static files by their path inside the release, sorted.

        Of files and folders whose names begin with a dot only `.well-known` (RFC 8615) is taken. Raises EdgeletError
        for a link that leaves the project.
        """
        if not self.static:
            return {}
        top = self.folder / self.static["folder"]
        if not top.is_dir():
            raise EdgeletError(f"{self.folder / FILE}: there is no folder {self.static['folder']} (static.folder)")
        found = [path for path in sorted(top.rglob("*")) if not _is_hidden(path.relative_to(top))]
        for path in found:
            if not path.resolve().is_relative_to(self.folder.resolve()):
                raise EdgeletError(f"{path} leads to {path.resolve()}, outside the project: put a copy in its place")
            if path.is_symlink() and not path.is_file():
                raise EdgeletError(f"{path} is a link, but to no file: links to folders are not followed, so copy it")
        files = [path for path in found if path.is_file()]
        for path in files:
            if not str(path).isprintable():
                raise EdgeletError(f"{str(path)!a}: give this file a name of printable UTF-8 text")
        return {path.relative_to(self.folder).as_posix(): path for path in files}


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") and part != ".well-known" for part in path.parts)


@dataclass
class _Fields:
    """What edgelet.toml may have: key -> (type, default)."""

    known: dict[str, tuple[type, Any]] = field(
        default_factory=lambda: {
            "name": (str, None),
            "main": (str, "main.js"),
            "route": (str, None),
            "routes": (list, None),
            "host": (str, None),
            "hosts": (list, None),
            "vars": (dict, {}),
            "secrets": (list, []),
            "limits": (dict, {}),
            "bindings": (dict, {}),
            "static": (dict, {}),
            "fetch": (dict, {}),
            "strip": (bool, False),
            "dev": (dict, {}),
            "alias": (dict, {}),
            "event": (str, "1.0"),
            "client_header": (str, ""),
        }
    )

    def read(self, path: Path, given: dict[str, Any]) -> dict[str, Any]:
        """Check types and names; the values with defaults filled in."""
        values = {}
        for key in given:
            if key not in self.known:
                raise EdgeletError(f"{path}: unknown key '{key}'. Known: {', '.join(sorted(self.known))}")
        for key, (kind, default) in self.known.items():
            value = given.get(key, default)
            if value is not None and not isinstance(value, kind):
                raise EdgeletError(f"{path}: '{key}' must be a {kind.__name__}, as in docs/functions.md")
            values[key] = value
        return values


def _one_or_many(path: Path, values: dict[str, Any], one: str, many: str) -> list[str]:
    if values[one] is not None and values[many] is not None:
        raise EdgeletError(f"{path}: give either '{one}' or '{many}'")
    if values[one] is not None:
        return [values[one]]
    return list(values[many] or [])


def _dev_kv(path: Path, given: dict[str, Any], bindings: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Check what `edgelet dev` is to put into KV."""
    for key in given:
        if key != "kv":
            raise EdgeletError(f"{path}: unknown key 'dev.{key}'. Known: dev.kv")
    stores = given.get("kv", {})
    if not isinstance(stores, dict):
        raise EdgeletError(f"{path}: 'dev.kv' must be a table, as in docs/functions.md")
    for binding, pairs in stores.items():
        if bindings.get(binding) != {"type": "kv"}:
            raise EdgeletError(f"{path}: dev.kv.{binding} needs the binding {binding} of type kv")
        if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
            raise EdgeletError(f'{path}: dev.kv.{binding} must be a table of texts, for example key = "value"')
    return dict(stores)


def _alias(path: Path, given: dict[str, Any]) -> dict[str, str]:
    for name, target in given.items():
        if not isinstance(target, str) or not target or name.startswith((".", "/")):
            raise EdgeletError(f'{path}: alias.{name}: write module = "package" or module = "./file.js"')
        if target.startswith("./") and not (path.parent / target).is_file():
            raise EdgeletError(f"{path}: alias.{name}: there is no file {target}")
    return dict(given)


def read_project(folder: Path) -> Project:
    """Read the project in `folder`. Raises EdgeletError that says what to mend."""
    path = folder / FILE
    try:
        # Editors of Windows begin a file with a byte order mark.
        given = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise EdgeletError(f"{folder} has no {FILE}. Make a project with 'edgelet new NAME'") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise EdgeletError(f"{path}: {e}") from None
    values = _Fields().read(path, given)
    if not values["name"]:
        raise EdgeletError(f"{path}: 'name' is missing, for example name = \"hello\"")
    for name in values["secrets"]:
        if name in values["vars"]:
            raise EdgeletError(f"{path}: {name} is in vars and in secrets: rename one of them")
    static = values["static"]
    if static and not isinstance(static.get("folder"), str):
        raise EdgeletError(f'{path}: static needs a folder, for example static = {{ folder = "public" }}')
    if values["event"] not in ("1.0", "2.0"):
        raise EdgeletError(f'{path}: event must be "1.0" (REST APIs of AWS) or "2.0" (HTTP APIs, function URLs)')
    main = values["main"]
    if "main" not in given and values["static"] and not (folder / main).exists():
        main = ""
    if main and not (folder / main).is_file():
        raise EdgeletError(f"{path}: there is no file {main} (main)")
    return Project(
        folder=folder,
        name=values["name"],
        main=main,
        routes=_one_or_many(path, values, "route", "routes") or ["/"],
        hosts=_one_or_many(path, values, "host", "hosts"),
        vars=values["vars"],
        secrets=values["secrets"],
        limits=values["limits"],
        bindings=values["bindings"],
        static=values["static"],
        fetch=values["fetch"],
        strip=values["strip"],
        dev_kv=_dev_kv(path, values["dev"], values["bindings"]),
        alias=_alias(path, values["alias"]),
        event=values["event"],
        client_header=values["client_header"],
    )
