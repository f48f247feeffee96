"""Makes a release, and shows that it comes out the same a second time."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from edgelet_host import __version__
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import sources
from edgelet_host.firmware.boards import board_build, board_names, has_esp_idf, read_definitions, write_outputs
from edgelet_host.firmware.builds import Build, Revision, ensure, revision
from edgelet_host.firmware.portable import MACHINES, portable_build
from edgelet_host.paths import COMPILER, LINUX_FIRMWARE, ROOT, cache_dir
from edgelet_host.release.bill import bill_of_materials
from edgelet_host.release.parts import EMULATORS, ensure_compiler_wasm, ensure_emulator
from edgelet_host.release.wheels import complete, pure_wheel
from edgelet_host.terminal import step

CHECKSUMS = "SHA256SUMS"
# What a second build may take of the first one's cache: what was downloaded, none of what was compiled.
_SHARED = ("apt", "sources")


def make(folder: Path, micropython: Path | None) -> list[Path]:
    """Build everything that people download into a folder, whose files are replaced. Gives the files.

    micropython: an upstream checkout, for the boards that cannot be built without one.
    """
    _release_before(folder)
    made_from = revision()
    linux = {machine: _build(portable_build(machine), made_from) for machine in MACHINES}
    emulators = {system: ensure_emulator(system) for system in EMULATORS}
    compiler = ensure_compiler_wasm()
    with tempfile.TemporaryDirectory(prefix="edgelet-") as temporary:
        boards = [_board(name, micropython, made_from, Path(temporary)) for name in release_boards(micropython)]
        with step("Making the packages"):
            pure = pure_wheel(Path(temporary))
            for path in _release_before(folder):
                path.unlink()
            folder.mkdir(parents=True, exist_ok=True)
            files = [Path(shutil.copy2(board, folder)) for board in boards]
            for machine, firmware in linux.items():
                parts = [*boards, *emulators[f"linux-{machine}"]]
                files.append(make_wheel(pure, folder, MACHINES[machine].wheel_tags, firmware, parts, made_from))
            parts = [*boards, *(part for emulator in emulators.values() for part in emulator)]
            files.append(make_universal_wheel(pure, folder, compiler, parts, made_from))
    return [*files, *_describe(folder, files, made_from)]


def _release_before(folder: Path) -> list[Path]:
    """Give the files of the release that is in a folder. Raises EdgeletError where it has others."""
    before = list(folder.iterdir()) if folder.exists() else []
    if before and folder / CHECKSUMS not in before:
        raise EdgeletError(f"{folder} has files that are of no release: choose another folder with --output.")
    return before


def release_boards(micropython: Path | None) -> list[str]:
    """Give the boards whose firmware a release has: those that can be built here, but for those made by hand."""
    definitions = {name: read_definitions(name) for name in board_names()}
    return [
        name
        for name, known in definitions.items()
        if "EDGELET_BY_HAND" not in known
        and (micropython or not _needs_checkout(name))
        and (has_esp_idf() or "IDF_TARGET" not in known)
    ]


def _needs_checkout(board: str) -> bool:
    return bool({"IDF_TARGET", "MICROPY_PY_NETWORK_CYW43"} & read_definitions(board).keys())


def make_wheel(pure: Path, folder: Path, tags: str, firmware: Path, parts: Sequence[Path], made_from: Revision) -> Path:
    """Write the Python package that has this Linux firmware, and other parts, inside. tags: as of `complete`."""
    prebuilt = {LINUX_FIRMWARE: firmware} | {part.name: part for part in parts}
    return complete(pure, folder, tags, prebuilt, licenses(), made_from.time)


def make_universal_wheel(pure: Path, folder: Path, compiler: Path, parts: Sequence[Path], made_from: Revision) -> Path:
    """Write the Python package for any computer, with the compiler of bundles, and other parts, inside."""
    prebuilt = {COMPILER: compiler} | {part.name: part for part in parts}
    return complete(pure, folder, "any", prebuilt, licenses(), made_from.time, [_wasmtime()])


def _wasmtime() -> str:
    """Give what runs the compiler, of the version that the tests have."""
    found = re.search(r"^wasmtime==[\w.]+", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return found[0]


def licenses() -> dict[str, str]:
    """Give the terms of every source that goes into the firmware, by its name."""
    return {name: license_text(source) for name, source in sources.read_sources().items()}


def license_text(source: sources.Source) -> str:
    """Give the terms of a source."""
    text = (sources.ensure_unpacked(source) / source.license_file).read_text("utf-8")
    return text.partition("*/")[0] + "*/\n" if source.license_file.endswith(".c") else text


def _build(build: Build, made_from: Revision) -> Path:
    return ensure(replace(build, commit=made_from.commit))


def _board(name: str, micropython: Path | None, made_from: Revision, folder: Path) -> Path:
    """Build a board's firmware; give it as it is flashed."""
    build = replace(board_build(name, micropython if _needs_checkout(name) else None), commit=made_from.commit)
    ensure(build)
    return write_outputs(build, folder)[0]


def _describe(folder: Path, files: Sequence[Path], made_from: Revision) -> list[Path]:
    """Write the bill of materials and the checksums."""
    document = folder / f"edgelet-{__version__}.spdx.json"
    known = bill_of_materials(sources.read_sources().values(), files, made_from.commit, made_from.time)
    document.write_text(json.dumps(known, indent=2) + "\n", "utf-8")
    sums = folder / CHECKSUMS
    sums.write_text("".join(f"{_sha256(path)}  {path.name}\n" for path in sorted([*files, document])), "utf-8")
    return [document, sums]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(folder: Path, micropython: Path | None) -> None:
    """Build the release once more, of a clone of this checkout and with an empty cache, and compare it with `folder`.

    Raises EdgeletError where a file differs.
    """
    if revision().commit.endswith("+"):
        raise EdgeletError("Files differ from the last commit, so that nobody could repeat this release: commit first.")
    with _clone() as clone:
        again = clone / "dist"
        command = [sys.executable, "-m", "edgelet_host", "release", "--output", str(again)]
        command += ["--micropython", str(micropython)] if micropython else []
        environment = os.environ | {
            "EDGELET_CACHE": str(clone.with_name("cache")),
            "PYTHONPATH": str(clone / "host"),
            "CCACHE_DISABLE": "1",
        }
        if subprocess.run(command, cwd=clone, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
            raise EdgeletError("The release does not build a second time.")
        differing = sorted(path.name for path in folder.iterdir() if not _same(path, again / path.name))
    if differing:
        raise EdgeletError(f"Built a second time these came out otherwise: {', '.join(differing)}.")


def _same(path: Path, other: Path) -> bool:
    return other.is_file() and path.read_bytes() == other.read_bytes()


@contextmanager
def _clone() -> Iterator[Path]:
    """Make a clone of this checkout beside a cache that has nothing but downloads."""
    with tempfile.TemporaryDirectory(prefix="edgelet-") as temporary:
        clone, cache = Path(temporary, "checkout"), Path(temporary, "cache")
        subprocess.run(["git", "clone", "--quiet", "--shared", str(ROOT), str(clone)], check=True)
        cache.mkdir()
        for name in _SHARED:
            if (cache_dir() / name).exists():
                (cache / name).symlink_to(cache_dir() / name)
        yield clone
