"""Node.js' modules, for bundles that import them: files of ours over npm packages that are pinned in `node/`.

`node/modules` has the modules by their names, `node/prefixed` those that have none without `node:`, `node/internal`
what they share. The packages come from npm when a bundle first needs a module.
"""

import base64
import hashlib
import json
import os
import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware.sources import make_once
from edgelet_host.paths import cache_dir
from edgelet_host.project.npm import install

_SOURCES = Path(__file__).resolve().parent / "node"
# Modules of Node.js 24 that have names without a prefix (module.builtinModules).
_NAME = re.compile(
    r"node:.+|("
    r"assert|async_hooks|buffer|child_process|cluster|console|constants|crypto|dgram|diagnostics_channel"
    r"|dns|domain|events|fs|http|http2|https|inspector|module|net|os|path|perf_hooks|process"
    r"|punycode|querystring|readline|repl|stream|string_decoder|sys|timers|tls|trace_events|tty|url"
    r"|util|v8|vm|wasi|worker_threads|zlib"
    r")(/.*)?"
)
_URL_PATTERN = re.compile(r"\bURLPattern\b")
_FILES = re.compile(r"fs(/promises)?")
#: Bytes of static files that node:fs reads, all together: they are in the bundle, and in the function's image.
FILE_BYTES = 1024 * 1024
_INTL = re.compile(r"\bIntl\b")
# Calls whose first argument is no locale that the firmware knows, or that have options. Finding one too many does no
# harm but takes memory.
_WITH_LOCALE = r"""\s*\(\s*(?!(?:undefined|void 0|"en(?:-US)?"|'en(?:-US)?')?\s*\))"""
#: What stands behind methods that are called so, by the name of its file.
_LOCALE_METHODS = {
    "methods_of_numbers": re.compile(r"\.toLocaleString" + _WITH_LOCALE),
    "methods_of_dates": re.compile(r"\.toLocale(?:Date|Time)?String" + _WITH_LOCALE),
    "methods_of_text": re.compile(r"\.localeCompare\s*\((?:[^(),]|\([^()]*\))*,"),
}
_INTL_CLASSES = ("Collator", "DateTimeFormat", "ListFormat", "NumberFormat", "PluralRules", "RelativeTimeFormat")
_INTL_ABSENT = ("DisplayNames", "DurationFormat", "Locale", "Segmenter")
# Where the rest of it is in a bundle that no bundler has made, and what files of it import.
_INTL_MODULE = ".edgelet/intl.js"
_INTL_FILE = re.compile(r'"\./(?:intl/)?(\w+)\.js"')
#: Those that throw, whatever is used of them; of `net` and the like a part is there.
_ABSENT = re.compile(
    r"child_process|cluster|dgram|dns|dns/promises|domain|fs|fs/promises|http2|inspector|inspector/promises|readline"
    r"|readline/promises|repl|sea|sqlite|test|tls|trace_events|v8|vm|wasi|worker_threads"
)


def is_module(name: str) -> bool:
    """Whether Node.js has a module of that name."""
    return _NAME.fullmatch(name) is not None


def ensure_modules(npm: Path) -> Path:
    """Give the folder with the modules' files and the packages that they need; make it first if need be.

    npm: that program. Raises EdgeletError.
    """
    files = {path.relative_to(_SOURCES): path.read_bytes() for path in sorted(_SOURCES.rglob("*")) if path.is_file()}
    digest = hashlib.sha256(b"".join(str(path).encode() + b"\0" + data for path, data in files.items())).hexdigest()
    folder = cache_dir() / f"node-{digest[:16]}"
    made = folder / "made"
    make_once(made, folder, lambda: _make(npm, made, files))
    return made


def _make(npm: Path, folder: Path, files: dict[Path, bytes]) -> None:
    building = folder.with_name("building")
    shutil.rmtree(building, ignore_errors=True)
    for path, data in files.items():
        (building / path).parent.mkdir(parents=True, exist_ok=True)
        (building / path).write_bytes(data)
    install(npm, ["ci", "--ignore-scripts"], building, "what Node.js' modules are made of")
    # A package with a module's name would be found in its place by the packages beside it.
    (building / "vendor").mkdir()
    for package in list((building / "node_modules").iterdir()):
        if is_module(package.name):
            package.rename(building / "vendor" / package.name)
    building.rename(folder)


def options(folder: Path, aliases: set[str], project: Path, files: Path | None = None) -> list[str]:
    """Give esbuild's options for bundles that import modules of Node.js.

    folder: from ensure_modules. aliases: names that the project has something else for. project: its folder. files:
    what file_module has written, where it goes into the bundle.
    """
    found = {}
    for kind in ("modules", "prefixed"):
        for path in sorted((folder / kind).rglob("*.js")):
            name = path.relative_to(folder / kind).with_suffix("").as_posix()
            found["node:" + name] = path
            # An npm package of that name, which one for browsers has brought along, has not what Node.js has.
            if kind == "modules" and _is_installed(name, project):
                found[name] = path
    return [
        *[f"--alias:{name}={path}" for name, path in found.items() if name not in aliases],
        *[f"--inject:{path}" for path in sorted((folder / "internal" / "globals").iterdir())],
        f"--alias:edgelet:files={files or folder / 'internal' / 'no_files.js'}",
        "--define:global=globalThis",
        '--define:__dirname="/"',
        '--define:__filename="/main.js"',
    ]


def names_url_pattern(source: str) -> bool:
    """Whether JavaScript says URLPattern; in a comment does no harm."""
    return _URL_PATTERN.search(source) is not None


def url_pattern(folder: Path) -> list[str]:
    """Give esbuild's option for bundles that use the global URLPattern."""
    members = [f"--define:{scope}.URLPattern=URLPattern" for scope in ("globalThis", "self")]
    return [f"--inject:{folder / 'internal' / 'url_pattern.js'}", *members]


def names_intl(source: str) -> bool:
    """Whether JavaScript says Intl, or gives methods that it stands behind a locale or options."""
    return any(pattern.search(source) for pattern in (_INTL, *_LOCALE_METHODS.values()))


def intl(folder: Path, source: str) -> list[str]:
    """Give esbuild's options for bundles that use Intl: of it comes along what the bundle `source` names."""
    files = [name for name, pattern in _LOCALE_METHODS.items() if pattern.search(source)]
    defined = {}
    if _INTL.search(source):
        files.append("names")
        for name in ("", *_INTL_CLASSES, "getCanonicalLocales"):
            for scope in ("", "globalThis.", "self."):
                defined[f"{scope}Intl{'.' if name else ''}{name}"] = f"edgelet_Intl{'_' if name else ''}{name}"
        for name in _INTL_CLASSES:
            constant = "HAS" + re.sub("[A-Z]", lambda found: "_" + found[0], name).upper()
            defined[constant] = json.dumps(re.search(rf"\b{name}\b", source) is not None)
    return [
        *[f"--define:{name}={value}" for name, value in defined.items()],
        *[f"--inject:{folder / 'internal' / 'intl' / name}.js" for name in files],
    ]


def intl_modules(sources: dict[str, str]) -> dict[str, str]:
    """Give JavaScript that needs no bundler with what it uses of Intl, by path: as `sources`, with modules beside them.

    Each file that uses it imports it, so that it is there before its top level runs.
    """
    text = "\n".join(sources.values())
    lines = [f'import "./intl/{name}.js";' for name, pattern in _LOCALE_METHODS.items() if pattern.search(text)]
    if _INTL.search(text):
        named = [name for name in _INTL_CLASSES if re.search(rf"\b{name}\b", text)]
        lines += [f'import {{ {name} }} from "./intl/{_file_of(name)}.js";' for name in named]
        lines.append('import { absent, getCanonicalLocales } from "./intl/shared.js";')
        others = (name for name in (*_INTL_CLASSES, *_INTL_ABSENT) if name not in named)
        members = [*named, *(f'{name}: absent("{name}")' for name in others)]
        members += ["getCanonicalLocales", '[Symbol.toStringTag]: "Intl"']
        lines.append(f"const value = {{ {', '.join(members)} }};")
        lines.append('Object.defineProperty(globalThis, "Intl", { value, writable: true, configurable: true });')
    found = {_INTL_MODULE: "\n".join(lines) + "\n"}
    todo = [found[_INTL_MODULE]]
    while todo:
        for name in _INTL_FILE.findall(todo.pop()):
            path = f"{posixpath.splitext(_INTL_MODULE)[0]}/{name}.js"
            if path not in found:
                found[path] = (_SOURCES / "internal" / "intl" / f"{name}.js").read_text()
                todo.append(found[path])
    for path, source in sources.items():
        place = posixpath.relpath(_INTL_MODULE, posixpath.dirname(path) or ".")
        found[path] = f'{source}\nimport "./{place}";\n' if names_intl(source) else source
    return found


def _file_of(name: str) -> str:
    return re.sub("(?!^)([A-Z])", r"_\1", name).lower()


def _is_installed(package: str, project: Path) -> bool:
    return any((parent / "node_modules" / package).exists() for parent in [project, *project.parents])


def environment(folder: Path) -> dict[str, str]:
    """Give the environment in which esbuild finds the modules by their names without prefix.

    What a package says that browsers lack is left out.
    """
    return os.environ | {"NODE_PATH": str(folder / "modules")}


def reads_files(folder: Path, project: Path, inputs: dict[str, Any]) -> bool:
    """Whether a file of the project itself imports node:fs: many packages do, and never use it."""
    return any(
        _FILES.fullmatch(name) and "node_modules" not in Path(importer).parts
        for importer, name in _imports(folder, project, inputs)
    )


def file_module(files: dict[str, Path]) -> str:
    """Give the JavaScript of the module with the files that node:fs reads. files: by path inside the project.

    Each is text where it is UTF-8, else an array with its bytes as Base64. Raises EdgeletError beyond FILE_BYTES.
    """
    size = sum(path.stat().st_size for path in files.values())
    if size > FILE_BYTES:
        raise EdgeletError(
            f"node:fs brings the static files along, which are {size} bytes, and may be {FILE_BYTES}: import the files "
            "that the function needs (.json, .txt, .html, .sql or .bin), or fetch them from its own address"
        )
    content: dict[str, str | list[str]] = {}
    for name, path in files.items():
        data = path.read_bytes()
        try:
            content[f"/{name}"] = data.decode()
        except UnicodeDecodeError:
            content[f"/{name}"] = [base64.b64encode(data).decode()]
    return f"module.exports = {json.dumps(content, ensure_ascii=False)};\n"


def warnings(folder: Path, project: Path, inputs: dict[str, Any], files: bool) -> list[str]:
    """Tell which modules a bundle imports that are not there, one line each.

    inputs: those of esbuild's metafile. files: whether there are files for node:fs.
    """
    told: dict[str, str] = {}
    for importer, name in _imports(folder, project, inputs):
        if _FILES.fullmatch(name) and "node_modules" not in Path(importer).parts and not files:
            # Whatever packages do: here it is meant.
            told[name] = (
                f"{importer} imports node:{name}, which reads static files, and the project has none: name their "
                'folder in edgelet.toml, [static] with folder = "public"; a use of it throws'
            )
        elif _ABSENT.fullmatch(name) and not (files and _FILES.fullmatch(name)):
            told.setdefault(
                name,
                f"{importer} imports node:{name}, which devices do not have: what is used of it throws, and says what "
                "to do",
            )
    return [told[name] for name in sorted(told)]


def _imports(folder: Path, project: Path, inputs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give what the project and its packages import of Node.js: (importer, module without prefix)."""
    for importer, given in inputs.items():
        if not (project / importer).resolve().is_relative_to(folder):
            for imported in given["imports"]:
                if name := module_of(folder, (project / imported["path"]).resolve()):
                    yield importer, name


def module_of(folder: Path, path: Path) -> str:
    """Give the name of the module that a file is, without prefix; "" for any other file."""
    for kind in ("modules", "prefixed"):
        if path.is_relative_to(folder / kind):
            return path.relative_to(folder / kind).with_suffix("").as_posix()
    return ""


def read_inputs(metafile: Path) -> dict[str, Any]:
    """Give the inputs that esbuild's metafile tells of: path relative to the project -> what it is."""
    inputs: dict[str, Any] = json.loads(metafile.read_text("utf-8"))["inputs"]
    return inputs
