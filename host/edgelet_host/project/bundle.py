"""From a project's sources to the bundle that a device runs: collects modules, and compiles them.

The compiler is the engine of the Linux firmware itself, so that bytecode and device always match; or the same one as
WebAssembly (wasm.py).
"""

import json
import posixpath
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.project import nodejs, wasm
from edgelet_host.project.advice import NO_WEBASSEMBLY, advise
from edgelet_host.project.config import Project
from edgelet_host.project.data_modules import data_module, is_data
from edgelet_host.project.esbuild import bundle_with_esbuild
from edgelet_host.project.source_map import SourceMap
from edgelet_host.runtime import names

# Specifiers of static imports, re-exports and import(). Finding one too many, in a comment say, does no harm: only a
# file that exists is taken, and the engine resolves the real imports.
_SPECIFIER = re.compile(
    r"""(?:\bimport\s*(?:[\w*{}\s,$]+\s*from\s*)?|\bexport\s*[\w*{}\s,$]+\s*from\s*|\bimport\s*\(\s*)["']([^"'\n]+)["']"""
)


_MODULE = re.compile(r"^\s*(?:import|export)\b", re.MULTILINE)
_EXPORTS = re.compile(r"\b(?:module\s*\.\s*)?exports\b")
_REQUIRE = re.compile(r"\brequire\s*\(")
# On the lines that are there, so that positions stay.
_COMMONJS_BEGIN = "const module = { exports: {} }, exports = module.exports; "
_COMMONJS_END = "\nexport default module.exports;\n"

# What bundlers and Node.js put behind a specifier that leads to no file.
_ENDINGS = (".js", ".ts", ".mjs", ".json", "/index.js", "/index.ts")


class BundleError(EdgeletError):
    """A source does not compile; the message begins with file:line:column."""


@dataclass(frozen=True)
class Bundle:
    """A project's compiled modules.

    engine: the id of the engine that they are for. origins: where the text of the module `main` comes from, None where
    it is the author's. warnings: one line each, for people.
    """

    data: bytes
    main: str
    origins: SourceMap | None
    warnings: list[str]

    @property
    def engine(self) -> str:
        """Where the format has it: bundle.h."""
        return self.data[8:24].decode()

    def explain(self, text: str) -> str:
        """Put places in the author's files into an error from a device, and what helps against it."""
        text = self.origins.explain(text, self.main) if self.origins else text
        error, line_end, stack = text.partition("\n")
        advice = advise(text)
        stop = "." if advice and not error.endswith(".") else ""
        return error + stop + advice + line_end + stack


@dataclass(frozen=True)
class Sources:
    """The main module and what it imports, by path inside the project, but for the firmware's own modules.

    origins, warnings: as a Bundle's.
    """

    files: dict[str, str]
    origins: SourceMap | None
    warnings: list[str]


def collect_sources(project: Project) -> Sources:
    """Read the main module and what it imports."""
    sources: dict[str, str] = {}
    bare: set[str] = set()
    todo = [project.main]
    while todo:
        path = todo.pop()
        if path in sources:
            continue
        if path.endswith(".wasm"):
            raise BundleError(f"{project.folder / path} is WebAssembly, {NO_WEBASSEMBLY}")
        if is_data(path):
            sources[path] = data_module(project.folder / path)
            continue
        try:
            sources[path] = (project.folder / path).read_text("utf-8")
        except UnicodeDecodeError:
            raise BundleError(f"{project.folder / path} is not UTF-8 text") from None
        if path == project.main and _is_commonjs(sources[path]):
            if _REQUIRE.search(sources[path]):
                return _bundled(project, f"{path} calls require()")
            sources[path] = f"{_COMMONJS_BEGIN}{sources[path]}{_COMMONJS_END}"
        for specifier in _SPECIFIER.findall(sources[path]):
            if not specifier.startswith("."):
                bare.add(specifier)
                continue
            target = _target(path, specifier)
            if (project.folder / target).is_file():
                todo.append(target)
    reason = _needs_esbuild(project, sources, bare)
    if reason:
        return _bundled(project, reason)
    if any(map(nodejs.names_intl, sources.values())):
        sources = nodejs.intl_modules(sources)
    return Sources(sources, None, [])


def _bundled(project: Project, reason: str) -> Sources:
    bundled = bundle_with_esbuild(project, reason)
    return Sources(bundled.sources, bundled.origins, bundled.warnings)


def _is_commonjs(source: str) -> bool:
    """Whether a file is a module as Node.js had them first: exports.handler = ..."""
    return _MODULE.search(source) is None and _EXPORTS.search(source) is not None


def _needs_esbuild(project: Project, sources: dict[str, str], bare: set[str]) -> str:
    """Say why the engine cannot have these sources as they are; "" where it can."""
    typescript = [path for path in sources if path.endswith((".ts", ".tsx", ".mts"))]
    if typescript:
        return f"{typescript[0]} is TypeScript"
    aliases = sorted(bare & project.alias.keys())
    if aliases:
        return f"'{aliases[0]}' has an alias"
    patterns = [path for path, source in sources.items() if nodejs.names_url_pattern(source)]
    if patterns:
        return f"{patterns[0]} uses URLPattern, for which there is an npm package"
    packages = sorted(bare - set(names.NATIVE_MODULES))
    if packages and nodejs.is_module(packages[0]):
        return f"'{packages[0]}' is a module of Node.js, which npm packages stand for"
    return f"'{packages[0]}' is an npm package" if packages else ""


def compile_project(project: Project, compiler: Path) -> Bundle:
    """Compile the project's modules. compiler: the Linux firmware, or a .wasm. Raises BundleError."""
    return compile_sources(project, collect_sources(project), compiler)


def compile_sources(project: Project, sources: Sources, compiler: Path) -> Bundle:
    """Do as `compile_project`, with the sources in hand."""
    compiled = (_by_wasm if compiler.suffix == ".wasm" else _by_firmware)(project, sources, compiler)
    if isinstance(compiled, wasm.Failure):
        place = _missing(project, sources.files) if compiled.kind == "import" else ""
        raise BundleError(f"{project.folder}: {place or compiled.message}")
    return Bundle(compiled, project.main, sources.origins, sources.warnings)


def _by_wasm(project: Project, sources: Sources, compiler: Path) -> bytes | wasm.Failure:
    origins = (sources.origins.sources, sources.origins.pack()) if sources.origins else None
    return wasm.compile_files(compiler, sources.files, project.main, project.strip, origins, project.event == "2.0")


def _by_firmware(project: Project, sources: Sources, firmware: Path) -> bytes | wasm.Failure:
    with tempfile.TemporaryDirectory(prefix="edgelet-") as folder:
        request, positions, output = (Path(folder, name) for name in ("request.json", "positions", "main.qjs"))
        asked = {"files": sources.files, "main": project.main, "strip": project.strip, "origins": None}
        asked["event_2"] = project.event == "2.0"
        if sources.origins:
            positions.write_bytes(sources.origins.pack())
            asked["origins"] = [sources.origins.sources, str(positions)]
        # MicroPython makes two characters of a pair of escapes, and hashes those.
        request.write_text(json.dumps(asked, ensure_ascii=False), "utf-8")
        done = subprocess.run(
            [firmware, "-X", "heapsize=64M", "-m", "edgelet.compiler", request, output],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode != 0:
            raise BundleError(f"the compiler failed: {done.stderr.strip() or done.stdout.strip()}")
        answer = json.loads(done.stdout)
        if "error" in answer:
            return wasm.Failure(answer["kind"], answer["error"])
        return output.read_bytes()


def _missing(project: Project, sources: dict[str, str]) -> str:
    """Give the place of the first import that leads to no file, and the file that may be meant; "" where all do."""
    for path, source in sources.items():
        for found in _SPECIFIER.finditer(source):
            specifier = found[1]
            if specifier.startswith(".") and _target(path, specifier) not in sources:
                before = source[: found.start(1)]
                place = f"{path}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
                return f"{place}: there is no file '{specifier}'{_meant(project.folder, path, specifier)}"
    return ""


def _target(path: str, specifier: str) -> str:
    """Give the path inside the project that a relative specifier in the file `path` stands for."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))


def _meant(folder: Path, path: str, specifier: str) -> str:
    for ending in _ENDINGS:
        if (folder / _target(path, specifier + ending)).is_file():
            return f"; did you mean '{specifier.rstrip('/') + ending}'?"
    return ""
