"""A project: the folder that holds edgelet.toml, and what that file says."""

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgelet_host.errors import EdgeletError
from edgelet_host.project.places import place
from edgelet_host.runtime import names

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
            # Of links in a circle pathlib's resolve() makes an error of the program.
            target = Path(os.path.realpath(path))
            if not target.is_relative_to(self.folder.resolve()):
                raise EdgeletError(f"{path} leads to {target}, outside the project: put a copy in its place")
            if path.is_symlink() and not path.is_file():
                raise EdgeletError(f"{path} is a link, but to no file: links to folders are not followed, so copy it")
        files = [path for path in found if path.is_file()]
        for path in files:
            if not str(path).isprintable():
                raise EdgeletError(f"{str(path)!a}: give this file a name of printable UTF-8 text")
        return {path.relative_to(self.folder).as_posix(): path for path in files}

    def entrances(self) -> list[str]:
        """Give the routes as people open them: those of a page with the slash to which they would be sent."""
        has_page = bool(self.static) and (self.folder / self.static["folder"] / "index.html").is_file()
        return [f"{route}/" if has_page and not route.endswith("/") else route for route in self.routes]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") and part != ".well-known" for part in path.parts)


_KINDS = {str: "a text", list: "a list", dict: "a table", bool: "true or false"}


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
                raise EdgeletError(f"{place(path, key)}: unknown key '{key}'. Known: {', '.join(sorted(self.known))}")
        for key, (kind, default) in self.known.items():
            value = given.get(key, default)
            if value is not None and not isinstance(value, kind):
                raise EdgeletError(f"{place(path, key)}: '{key}' must be {_KINDS[kind]}, as in docs/functions.md")
            values[key] = value
        return values


def _one_or_many(path: Path, values: dict[str, Any], one: str, many: str) -> list[str]:
    if values[one] is not None and values[many] is not None:
        raise EdgeletError(f"{place(path, many)}: give either '{one}' or '{many}'")
    if values[one] is not None:
        return [values[one]]
    return list(values[many] or [])


def _dev_kv(path: Path, given: dict[str, Any], bindings: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Check what `edgelet dev` is to put into KV."""
    for key in given:
        if key != "kv":
            raise EdgeletError(f"{place(path, 'dev', key)}: unknown key 'dev.{key}'. Known: dev.kv")
    stores = given.get("kv", {})
    if not isinstance(stores, dict):
        raise EdgeletError(f"{place(path, 'dev', 'kv')}: 'dev.kv' must be a table, as in docs/functions.md")
    for binding, pairs in stores.items():
        where = f"{place(path, 'dev', 'kv', binding)}: dev.kv.{binding}"
        if bindings.get(binding) != {"type": "kv"}:
            raise EdgeletError(f"{where} needs the binding {binding} of type kv")
        if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
            raise EdgeletError(f'{where} must be a table of texts, for example key = "value"')
    return dict(stores)


def _alias(path: Path, given: dict[str, Any]) -> dict[str, str]:
    for name, target in given.items():
        where = f"{place(path, 'alias', name)}: alias.{name}"
        if not isinstance(target, str) or not target or name.startswith((".", "/")) or "\0" in name + target:
            raise EdgeletError(f'{where}: write module = "package" or module = "./file.js"')
        if target.startswith("./") and not (path.parent / target).is_file():
            raise EdgeletError(f"{where}: there is no file {target}")
    return dict(given)


def _check_secrets(path: Path, values: dict[str, Any]) -> None:
    for name in values["secrets"]:
        try:
            names.variable(name)
        except ValueError as e:
            raise EdgeletError(f"{place(path, 'secrets', value=name)}: {e}") from None
        for table in ("vars", "bindings"):
            if name in values[table]:
                raise EdgeletError(
                    f"{place(path, table, name)}: {name} is in {table} and in secrets: rename one of them"
                )


def _check_bindings(path: Path, bindings: dict[str, Any]) -> None:
    for name, options in bindings.items():
        if not isinstance(options, dict) or not isinstance(options.get("type"), str):
            raise EdgeletError(f'{place(path, "bindings", name)}: binding {name}: write {name} = {{ type = "kv" }}')


def read_project(folder: Path) -> Project:
    """Read the project in `folder`. Raises EdgeletError that says what to mend."""
    path = folder / FILE
    try:
        # Editors of Windows begin a file with a byte order mark.
        given = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise EdgeletError(f"{folder} has no {FILE}. Make a project with 'edgelet new NAME'") from None
    except UnicodeDecodeError:
        raise EdgeletError(f"{path} is not UTF-8 text: save it as UTF-8") from None
    except (ValueError, RecursionError) as e:
        raise EdgeletError(f"{path}: {e}") from None
    values = _Fields().read(path, given)
    if not values["name"]:
        raise EdgeletError(f"{path}: 'name' is missing, for example name = \"hello\"")
    _check_secrets(path, values)
    _check_bindings(path, values["bindings"])
    static = values["static"]
    if static and not isinstance(static.get("folder"), str):
        where = place(path, "static", "folder")
        raise EdgeletError(f'{where}: static needs a folder, for example static = {{ folder = "public" }}')
    if values["event"] not in ("1.0", "2.0"):
        where = place(path, "event")
        raise EdgeletError(f'{where}: event must be "1.0" (REST APIs of AWS) or "2.0" (HTTP APIs, function URLs)')
    main = values["main"]
    if "main" not in given and values["static"] and not (folder / main).exists():
        main = ""
    if main and (Path(main).is_absolute() or ".." in Path(main).parts):
        raise EdgeletError(f"{place(path, 'main')}: {main} (main) is outside the project: put a copy into it")
    if main and not (folder / main).is_file():
        raise EdgeletError(f"{place(path, 'main')}: there is no file {main} (main)")
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
