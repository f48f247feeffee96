"""Brings the third-party sources of `firmware/sources.toml` into the cache.

    unpacked = sources.ensure("quickjs-ng")         # Path of the unpacked source
    tree = sources.micropython_tree(["mbedtls"])    # MicroPython with mbedTLS as its submodule

What is in the cache is taken without asking anyone, so that a filled cache works offline; then what is in the folder
$EDGELET_SOURCES, upstream's releases by their names. What is in neither comes by the ordinary clients (pip, apt), which
download into a folder of their own, where apt resumes an interrupted download. A source appears under its final name
when it is unpacked completely, and its files that are used are those that were pinned, wherever they come from.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import debian
from edgelet_host.locks import take
from edgelet_host.paths import FIRMWARE, cache_dir
from edgelet_host.terminal import say, step, warn

SOURCES_FILE = FIRMWARE / "sources.toml"
# Names a folder that has releases of upstream.
RELEASES = "EDGELET_SOURCES"
DEBIAN_ARCHIVES = {
    "debian-source": debian.SourceArchive,
    "debian-package": debian.PackageArchive,
}


@dataclass(frozen=True)
class Upstream:
    """The release of a source at its authors: see `sources.toml`."""

    project: str
    tag: str
    file: str
    sha256: str
    directory: str = "."
    license_file: str = ""


@dataclass(frozen=True)
class Other:
    """Another version that is known to work: see `sources.toml`."""

    version: str
    sha256: str
    tree: str


@dataclass(frozen=True)
class Source:
    """One table of `sources.toml`, where its fields are explained."""

    name: str
    kind: str
    version: str
    sha256: str
    release: str = ""
    known_to_work: tuple[Other, ...] = ()
    directory: str = "."
    submodule: str = ""
    license: str = ""
    license_file: str = ""
    used: tuple[str, ...] = ()
    tree: str = ""
    upstream: Upstream | None = None

    @property
    def pin(self) -> debian.Pin:
        """What is wanted of Debian."""
        return debian.Pin(self.release, self.version, self.sha256, tuple(one.sha256 for one in self.known_to_work))

    def unpacked(self, version: str, sha256: str) -> Path:
        """Give the place of this source, unpacked, in the cache."""
        return cache_dir() / "sources" / f"{self.name}-{version}-{sha256[:16]}"


def read_sources(path: Path = SOURCES_FILE) -> dict[str, Source]:
    """Read the sources of a `sources.toml`, by name."""
    tables = tomllib.loads(path.read_text("utf-8"))
    return {name: _source(name, table) for name, table in tables.items()}


def _source(name: str, table: dict[str, Any]) -> Source:
    fields = table | {
        "known_to_work": tuple(Other(**one) for one in table.get("known_to_work", ())),
        "used": tuple(table["used"]),
        "upstream": Upstream(**table["upstream"]),
    }
    return Source(name=name, **fields)


def ensure(name: str) -> Path:
    """Give the folder of a source, unpacked; download it where the cache does not have it."""
    source = read_sources()[name]
    return ensure_unpacked(source) / source.directory


def ensure_unpacked(source: Source) -> Path:
    """Like `ensure`, for a `Source` in hand and without its `directory`."""
    found = find_cached(source)
    if found is None:
        with locked(cache_dir() / "sources"):
            found = find_cached(source) or fetch(source)
    if not found.name.startswith(f"{source.name}-{source.version}-"):
        version = found.name.removeprefix(f"{source.name}-").rpartition("-")[0]
        warn(
            f"{source.name} {source.version} is no longer to be had; {version} is taken instead, which is known to work"
        )
    return found


def find_cached(source: Source) -> Path | None:
    """Look in the cache for the pinned version, then for those that are known to work."""
    pins = [(source.version, source.sha256)]
    if source.upstream:
        pins.append((source.version, source.upstream.sha256))
    pins += [(one.version, one.sha256) for one in source.known_to_work]
    places = [source.unpacked(version, sha256) for version, sha256 in pins]
    return next((place for place in places if place.is_dir()), None)


def fetch(source: Source) -> Path:
    """Take a source from the folder $EDGELET_SOURCES, or download it; verify and unpack it."""
    if found := take_release(source):
        return found
    downloads = cache_dir() / "downloads" / source.name
    downloads.mkdir(parents=True, exist_ok=True)
    with step(f"Downloading {source.name} {source.version}"):
        try:
            if source.kind.startswith("pypi"):
                archive = download_from_pypi(source, downloads)
                version, sha256 = source.version, source.sha256
            else:
                debian_archive = DEBIAN_ARCHIVES[source.kind](cache_dir() / "apt")
                offer = debian_archive.choose(source.name, source.pin)
                archive = debian_archive.download(offer, downloads)
                version, sha256 = offer.version, offer.sha256
        except debian.MissingError as e:
            raise EdgeletError(f"{e.message} {ways_on(source)}") from None
        verify(archive, sha256, source.name)
        target = source.unpacked(version, sha256)
        trees = {one.sha256: one.tree for one in source.known_to_work}
        unpack(archive, target, lambda top: compared(source, top, trees.get(sha256, source.tree)))
    shutil.rmtree(downloads)
    return target


def take_release(source: Source) -> Path | None:
    """Unpack upstream's release, where the folder $EDGELET_SOURCES has it. Raises EdgeletError for another file."""
    folder, upstream = os.environ.get(RELEASES), source.upstream
    if not folder or upstream is None:
        return None
    if not Path(folder).is_dir():
        raise EdgeletError(f"{RELEASES} names {folder}, which is no folder")
    archive = Path(folder) / upstream.file
    if not archive.is_file():
        return None
    if (found := sha256_of(archive)) != upstream.sha256:
        raise EdgeletError(
            f"{archive} has sha256 {found}, and that of {source.name} {source.version} has {upstream.sha256}: "
            "it was not used. Download it anew"
        )
    target = source.unpacked(source.version, upstream.sha256)
    with step(f"Unpacking {archive.name}"):
        unpack(archive, target, lambda top: compared(source, arranged(source, upstream, top), source.tree))
    return target


def arranged(source: Source, upstream: Upstream, top: Path) -> Path:
    """Put what is used of upstream's release, and its terms, where the package has them; the folder of that."""
    if (upstream.directory, upstream.license_file) == (source.directory, ""):
        return top
    terms = (top / upstream.license_file).read_bytes() if upstream.license_file else b""
    place = top.with_name(f"{top.name}.arranged")
    (place / source.directory).parent.mkdir(parents=True, exist_ok=True)
    (top / upstream.directory).replace(place / source.directory)
    if terms:
        (place / source.license_file).parent.mkdir(parents=True, exist_ok=True)
        (place / source.license_file).write_bytes(terms)
    return place


def compared(source: Source, top: Path, tree: str) -> Path:
    """Give `top`, where its files that are used are those that were pinned. Raises EdgeletError."""
    if tree and (found := tree_digest(top / source.directory, source.used)) != tree:
        raise EdgeletError(
            f"{source.name} {source.version}: the files that are used have the digest {found}, firmware/sources.toml "
            f"wants {tree}. They were not used; do not build before you know why."
        )
    return top


def tree_digest(folder: Path, used: Sequence[str]) -> str:
    """Give the SHA-256 over names and contents of the files that the patterns mean: a line for each, sorted."""
    paths = {path.relative_to(folder).as_posix(): path for pattern in used for path in folder.glob(pattern)}
    lines = [f"{sha256_of(path)}  {name}\n" for name, path in sorted(paths.items()) if path.is_file()]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def ways_on(source: Source) -> str:
    """Say what to do where a source cannot be had."""
    upstream = source.upstream
    if upstream is None:
        return "Take a newer edgelet."
    if source.name == "micropython" or source.submodule:
        second = "build from an upstream checkout of MicroPython with --micropython DIR"
    else:
        second = "install edgelet's package, in which the firmware is built already"
    return (
        f"Three ways on: put upstream's {upstream.file} ({upstream.project} at GitHub, tag {upstream.tag}) into "
        f"a folder that {RELEASES} names; {second}; or take a newer edgelet."
    )


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
        return f"{pinned} is wanted by firmware/sources.toml, but the package index has {offered[1]}. {ways_on(source)}"
    reasons = [line for line in output.splitlines() if line.startswith("ERROR:")]
    reason = reasons[0].removeprefix("ERROR:").strip() if reasons else "pip gave no reason"
    return f"{pinned} could not be downloaded ({reason}). Check the network and run the command again."


def verify(archive: Path, sha256: str, name: str) -> None:
    """Raise unless a file has the sha256."""
    found = sha256_of(archive)
    if found != sha256:
        archive.unlink()
        raise EdgeletError(f"{name}: {archive.name} has sha256 {found} instead of {sha256}; removed. Run again.")


def sha256_of(file: Path) -> str:
    """Give the SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def unpack(archive: Path, target: Path, prepare: Callable[[Path], Path] = lambda top: top) -> None:
    """Unpack a tarball (without its top folder), a wheel or a Debian package as `target`.

    `target` appears only when it is complete. prepare: is given what was unpacked, and gives what `target` will be.
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
    prepare(top).replace(target)
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
    make_once(tree, tree.parent, lambda: assemble_tree(micropython, unpacked, tree))
    return tree


def assemble_tree(micropython: Path, places: dict[str, Path], tree: Path) -> None:
    """Make `tree` of hard links to `micropython`, with symbolic links for its submodules."""
    partial = tree.with_name(f".{tree.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(micropython, partial, copy_function=os.link, symlinks=True)
    for place, path in places.items():
        link = partial / place
        # Upstream's release has what belongs there, in a package it is empty.
        if link.is_dir():
            shutil.rmtree(link)
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


def make_once(made: Path, folder: Path, make: Callable[[], object], holder: str = "another download") -> None:
    """Make what is not in the cache, while others who want it wait. made: there when all is.

    folder: whose lock is held. holder: see `locked`.
    """
    if not made.exists():
        with locked(folder, holder):
            if not made.exists():
                make()


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
