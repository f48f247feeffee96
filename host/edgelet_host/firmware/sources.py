"""Brings the third-party sources of `firmware/sources.toml` into the cache.

    unpacked = sources.ensure("quickjs-ng")         # Path of the unpacked source
    tree = sources.micropython_tree(["mbedtls"])    # MicroPython with mbedTLS as its submodule

What is in the cache is taken without asking anyone, so that a filled cache works offline. The
ordinary clients (pip, apt) download into a folder of their own, where apt resumes an interrupted
download; a source appears under its final name when it has been verified and unpacked completely.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import debian
from edgelet_host.locks import take
from edgelet_host.paths import FIRMWARE, cache_dir
from edgelet_host.terminal import say, step, warn

SOURCES_FILE = FIRMWARE / "sources.toml"
DEBIAN_ARCHIVES = {
    "debian-source": debian.SourceArchive,
    "debian-package": debian.PackageArchive,
}


@dataclass(frozen=True)
class Source:
    """One table of `sources.toml`, where its fields are explained."""

    name: str
    kind: str
    version: str
    sha256: str
    release: str = ""
    known_to_work: tuple[str, ...] = ()
    directory: str = "."
    submodule: str = ""
    license: str = ""
    license_file: str = ""

    @property
    def pin(self) -> debian.Pin:
        """What is wanted of Debian."""
        return debian.Pin(self.release, self.version, self.sha256, self.known_to_work)

    def unpacked(self, version: str, sha256: str) -> Path:
        """Give the place of this source, unpacked, in the cache."""
        return cache_dir() / "sources" / f"{self.name}-{version}-{sha256[:16]}"


def read_sources(path: Path = SOURCES_FILE) -> dict[str, Source]:
    """Read the sources of a `sources.toml`, by name."""
    tables = tomllib.loads(path.read_text("utf-8"))
    return {
        name: Source(name=name, **table | {"known_to_work": tuple(table.get("known_to_work", ()))})
        for name, table in tables.items()
    }


def ensure(name: str) -> Path:
    """Give the folder of a source, unpacked; download it where the cache does not have it."""
    source = read_sources()[name]
    return ensure_unpacked(source) / source.directory


def ensure_unpacked(source: Source) -> Path:
    """Like `ensure`, for a `Source` in hand and without its `directory`."""
    with locked(cache_dir() / "sources"):
        found = find_cached(source) or fetch(source)
    if not found.name.startswith(f"{source.name}-{source.version}-"):
        version = found.name.removeprefix(f"{source.name}-").rpartition("-")[0]
        warn(
            f"{source.name} {source.version} is no longer to be had; "
            f"{version} is taken instead, which is known to work."
        )
    return found


def find_cached(source: Source) -> Path | None:
    """Look in the cache for the pinned version, else for one that is known to work."""
    pinned = source.unpacked(source.version, source.sha256)
    if pinned.is_dir():
        return pinned
    for version in source.known_to_work:
        for candidate in pinned.parent.glob(f"{source.name}-{version}-*"):
            return candidate
    return None


def fetch(source: Source) -> Path:
    """Download, verify and unpack a source."""
    downloads = cache_dir() / "downloads" / source.name
    downloads.mkdir(parents=True, exist_ok=True)
    with step(f"Downloading {source.name} {source.version}"):
        if source.kind.startswith("pypi"):
            archive = download_from_pypi(source, downloads)
            version, sha256 = source.version, source.sha256
        else:
            debian_archive = DEBIAN_ARCHIVES[source.kind](cache_dir() / "apt")
            offer = debian_archive.choose(source.name, source.pin)
            archive = debian_archive.download(offer, downloads)
            version, sha256 = offer.version, offer.sha256
        verify(archive, sha256, source.name)
        target = source.unpacked(version, sha256)
        unpack(archive, target)
    shutil.rmtree(downloads)
    return target


def download_from_pypi(source: Source, folder: Path) -> Path:
    """Download the pinned file of a PyPI package with pip, which checks its sha256.

    After that pip asks an sdist for its metadata; without build isolation the answer comes from the
    setuptools that requirements.txt pins, and nothing else is downloaded.
    """
    binary = "--only-binary=:all:" if source.kind == "pypi-wheel" else "--no-binary=:all:"
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{source.name}=={source.version} --hash=sha256:{source.sha256}\n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--no-build-isolation",
        "--require-hashes",
    ]
    command += [binary, "--no-cache-dir", f"--dest={folder}", f"--requirement={requirement}"]
    # pip holds the lock of the sources too, should this process be killed before it.
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, close_fds=False)
    if done.returncode != 0:
        raise EdgeletError(explain_pip(source, done.stdout + done.stderr))
    stem = re.sub(r"[-_.]+", "[-_.]", source.name)
    return next(path for path in folder.glob(f"{stem}-*") if path.is_file())


def explain_pip(source: Source, output: str) -> str:
    """Say in one line why pip gave nothing."""
    pinned = f"{source.name} {source.version}"
    if got := re.search(r"Got +([0-9a-f]{64})", output):
        return (
            f"{pinned}: the package index has a file with sha256 {got[1]}, firmware/sources.toml "
            f"wants {source.sha256}. It was not used; do not build before you know why."
        )
    if offered := re.search(r"\(from versions: (?!none)(.+?)\)", output):
        return f"{pinned} is wanted by firmware/sources.toml, but the package index has {offered[1]}."
    reasons = [line for line in output.splitlines() if line.startswith("ERROR:")]
    reason = reasons[0].removeprefix("ERROR:").strip() if reasons else "pip gave no reason"
    return f"{pinned} could not be downloaded ({reason}). Check the network and run the command again."


def verify(archive: Path, sha256: str, name: str) -> None:
    """Raise unless a file has the sha256."""
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        archive.unlink()
        raise EdgeletError(f"{name}: {archive.name} has sha256 {found} instead of {sha256}; removed. Run again.")


def unpack(archive: Path, target: Path) -> None:
    """Unpack a tarball (without its top folder), a wheel or a Debian package as `target`.

    `target` appears only when it is complete.
    """
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    top = partial
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(partial)
    elif archive.suffix == ".deb":
        subprocess.run(["dpkg-deb", "--extract", archive, partial], check=True)
    else:
        with tarfile.open(archive) as tar:
            # Debian 12's Python has no extraction filters; what is unpacked here has been verified.
            if hasattr(tarfile, "data_filter"):
                tar.extraction_filter = tarfile.data_filter
            tar.extractall(partial)
        (top,) = partial.iterdir()
    top.replace(target)
    shutil.rmtree(partial, ignore_errors=True)


def places(submodules: Sequence[str]) -> list[str]:
    """Give the places of sources in MicroPython's tree; a name with a slash is the place of a submodule itself."""
    sources = read_sources()
    return [name if "/" in name else sources[name].submodule for name in submodules]


def micropython_tree(submodules: Sequence[str], checkout: Path | None = None) -> Path:
    """Give a MicroPython tree with the named sources in the places of its submodules.

    With `checkout` (an upstream checkout) it is that folder; its submodules must have been fetched. There the place of
    a submodule that is not among the pinned sources may be named instead of a source.
    """
    if checkout is not None:
        check_checkout(checkout, places(submodules))
        return checkout.resolve()
    sources = read_sources()
    micropython = ensure_unpacked(sources["micropython"])
    unpacked = {sources[name].submodule: ensure(name) for name in sorted(submodules)}
    key = "\n".join([micropython.name, *(f"{place} {path}" for place, path in unpacked.items())])
    tree = cache_dir() / "trees" / f"micropython-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    with locked(tree.parent):
        if not tree.is_dir():
            assemble_tree(micropython, unpacked, tree)
    return tree


def assemble_tree(micropython: Path, places: dict[str, Path], tree: Path) -> None:
    """Make `tree` of hard links to `micropython`, with symbolic links for its submodules."""
    partial = tree.with_name(f".{tree.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(micropython, partial, copy_function=os.link, symlinks=True)
    for place, path in places.items():
        link = partial / place
        if link.is_dir():
            link.rmdir()
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    partial.replace(tree)


def check_checkout(checkout: Path, submodules: Sequence[str]) -> None:
    """Raise unless `checkout` is a MicroPython tree in which the submodules have been fetched."""
    if not (checkout / "py" / "mpconfig.h").is_file():
        raise EdgeletError(f"{checkout} is no MicroPython checkout: it has no py/mpconfig.h.")
    empty = [place for place in submodules if not (checkout / place).is_dir() or not any((checkout / place).iterdir())]
    if empty:
        raise EdgeletError(f"Submodules are missing: git -C {checkout} submodule update --init {' '.join(empty)}")


@contextmanager
def locked(folder: Path, holder: str = "another download") -> Iterator[None]:
    """Hold the lock of a cache folder, so that two processes do not fill it at once.

    holder: whom one may have to wait for. Child processes that inherit open files hold it too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w", encoding="utf-8") as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            take(lock, wait=False)
        except BlockingIOError:
            say(f"Waiting for {holder} ...")
            take(lock)
        yield
