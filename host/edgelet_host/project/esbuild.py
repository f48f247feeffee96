"""TypeScript and npm packages: bundled into one module by esbuild, which comes from npm when it is first needed."""

import json
import os
import posixpath
import re
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.project import data_modules, nodejs, source_map
from edgelet_host.project.advice import NO_WEBASSEMBLY
from edgelet_host.project.config import Project
from edgelet_host.project.npm import ensure_npm, ensure_program
from edgelet_host.project.source_map import SourceMap
from edgelet_host.runtime import names

_VERSION = "0.28.2"
# The syntax that the engine knows (quickjs-ng).
_TARGET = "es2023"
# Of the variants of a package, what Workers' tools take.
_CONDITIONS = ("workerd", "worker", "browser")
_MAIN_FIELDS = ("browser", "module", "main")
_METAFILE = "metafile.json"
# What stands for the folders of Node.js' modules.
_PREFIX = "node:"
_UNRESOLVED = re.compile(r'\[ERROR\] Could not resolve "([^"]+)"')
# What is imported below a module of Node.js that has nothing below it.
_BELOW_FILE = re.compile(r'Cannot read directory ".*/made/(?:modules|prefixed)/(.+)\.js": not a directory')


@dataclass(frozen=True)
class Bundled:
    """What esbuild made of a project.

    sources: the main module with all that it imports, by path: JavaScript, and modules of binary data beside it.
    origins: where the main module's text comes from, by paths relative to the project; those of Node.js' modules begin
    with `node:`. warnings: one line each, for people.
    """

    sources: dict[str, str]
    origins: SourceMap
    warnings: list[str]


def bundle_with_esbuild(project: Project, reason: str) -> Bundled:
    """Bundle the main module with all that it imports. reason: why esbuild is needed, for errors."""
    esbuild = ensure_esbuild(reason)
    with tempfile.TemporaryDirectory(prefix="edgelet-") as temporary:
        # What else is in the folder of the outputs would be one of them.
        folder, metafile = Path(temporary) / "outputs", Path(temporary) / _METAFILE
        modules = environment = None
        more: list[str] = []
        done = _run(esbuild, project, folder, more, environment)
        if done.returncode != 0 and any(map(nodejs.is_module, _UNRESOLVED.findall(done.stderr))):
            modules = nodejs.ensure_modules(ensure_npm(reason))
            more = nodejs.options(modules, set(project.alias), project.folder.resolve())
            environment = nodejs.environment(modules)
            done = _run(esbuild, project, folder, more, environment)
        files = None
        if modules and done.returncode == 0 and _reads_files(project, modules, metafile):
            files = Path(temporary) / "files.js"
            files.write_text(nodejs.file_module(project.static_files()), "utf-8")
            more = nodejs.options(modules, set(project.alias), project.folder.resolve(), files)
            done = _run(esbuild, project, folder, more, environment)
        # esbuild keeps an injected package that nothing uses.
        made = (folder / "main.js").read_text("utf-8") if done.returncode == 0 else ""
        if nodejs.names_url_pattern(made) or nodejs.names_intl(made):
            modules = nodejs.ensure_modules(ensure_npm(reason))
            more += nodejs.url_pattern(modules) if nodejs.names_url_pattern(made) else []
            more += nodejs.intl(modules, made)
            done = _run(esbuild, project, folder, more, environment)
        if done.returncode != 0:
            raise EdgeletError(_explain(project.folder, done.stderr))
        inputs = nodejs.read_inputs(metafile) if modules else {}
        # As paths they would tell where this computer has them, and differ on another one.
        ours = [path.resolve() for path in (modules, files and files.parent) if path]
        return Bundled(
            _outputs(project, folder, ours),
            _origins(project.folder, folder, ours),
            nodejs.warnings(modules, project.folder, inputs, files is not None) if modules else [],
        )


def _reads_files(project: Project, modules: Path, metafile: Path) -> bool:
    return bool(project.static) and nodejs.reads_files(modules, project.folder, nodejs.read_inputs(metafile))


def _run(
    esbuild: Path, project: Project, folder: Path, more: list[str], environment: dict[str, str] | None
) -> "subprocess.CompletedProcess[str]":
    command = [
        str(esbuild),
        project.main,
        f"--outdir={folder}",
        f"--metafile={folder.with_name(_METAFILE)}",
        *_options(project),
        *more,
    ]
    return subprocess.run(
        command, cwd=project.folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def _options(project: Project) -> list[str]:
    native = set(names.NATIVE_MODULES) - project.alias.keys()
    mode = json.dumps(project.vars.get("NODE_ENV", "production"))
    return [
        "--bundle",
        "--format=esm",
        "--platform=browser",
        f"--main-fields={','.join(_MAIN_FIELDS)}",
        f"--conditions={','.join(_CONDITIONS)}",
        f"--target={_TARGET}",
        "--charset=utf8",
        "--log-level=error",
        "--log-limit=0",
        "--color=false",
        "--sourcemap=external",
        "--sources-content=false",
        *[f"--define:{scope}process.env.NODE_ENV={mode}" for scope in ("", "globalThis.", "global.")],
        "--entry-names=main",
        "--asset-names=[name]-[hash]",
        *[f"--loader:{ending}=text" for ending in data_modules.TEXT],
        *[f"--loader:{ending}=copy" for ending in data_modules.BINARY],
        *[f"--external:{name}" for name in sorted(native)],
        *[f"--alias:{name}={target}" for name, target in project.alias.items() if name != target],
    ]


def _outputs(project: Project, folder: Path, ours: list[Path]) -> dict[str, str]:
    text = (folder / "main.js").read_text("utf-8")
    for path in ours:
        text = text.replace(_relative(path, project.folder) + "/", _PREFIX)
    sources = {project.main: text}
    for path in folder.iterdir():
        if data_modules.is_data(path.name):
            sources[posixpath.join(posixpath.dirname(project.main), path.name)] = data_modules.data_module(path)
    return sources


def _origins(project: Path, folder: Path, ours: list[Path]) -> SourceMap:
    found = source_map.parse((folder / "main.js.map").read_text("utf-8"))
    return replace(found, sources=[_origin(project, (folder / path).resolve(), ours) for path in found.sources])


def _origin(project: Path, path: Path, ours: list[Path]) -> str:
    for top in ours:
        if path.is_relative_to(top):
            return _PREFIX + path.relative_to(top).as_posix().removeprefix("modules/")
    return _relative(path, project)


def _relative(path: Path, project: Path) -> str:
    return Path(os.path.relpath(path, project.resolve())).as_posix()


def _explain(folder: Path, errors: str) -> str:
    """Give esbuild's first error as `file:line:column: message`, with what helps where a package is missing."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    message = next((line.partition("[ERROR] ")[2] for line in lines if "[ERROR]" in line), lines[0] if lines else "")
    place = next((line.rstrip(":") for line in lines if line.endswith(":") and line.count(":") >= 3), "")
    hint = ""
    if below := _BELOW_FILE.match(message):
        message = f"'node:{below[1]}' has no such module below it"
    if message.startswith('No loader is configured for ".wasm"'):
        hint = f". It is WebAssembly, {NO_WEBASSEMBLY}"
    if message.startswith('Could not resolve "') and not message.startswith('Could not resolve ".'):
        hint = _hint(message.split('"')[1])
    return f"{folder}: {place + ': ' if place else ''}{message}{hint}"


def _hint(module: str) -> str:
    if nodejs.is_module(module):
        return (
            ". Node.js 24 has no such module, or it is not there on devices: use another package, or name one like it "
            f'in edgelet.toml, below [alias]: "{module}" = "package"'
        )
    package = "/".join(module.split("/")[: 2 if module.startswith("@") else 1])
    return f". Install it: npm install {package}"


def ensure_esbuild(reason: str) -> Path:
    """Give the path of esbuild; install it first if need be. reason: why it is needed, for who has no Node.js."""
    return ensure_program("esbuild", _VERSION, reason)
