"""Builds MicroPython with our C modules: the firmware for Linux (the "unix" port), and any other `Build`.

    binary = ensure_unix()                  # Path of the firmware, built first if need be
    binary = ensure_unix(sanitize=True)     # with AddressSanitizer and UndefinedBehaviorSanitizer
    binary = ensure(boards.board_build("EDGELET_PICO"))

All is built in the cache, in one folder for each checkout of edgelet and build; nothing is
written into the checkout or into MicroPython's tree. A build is stale when the content of one of
its inputs, the pinned sources, the flags or the compiler changed. The binary is replaced in one
step, so that one that runs stays whole. Two processes that want the same build wait for each other.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from edgelet_host import __version__
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import sources
from edgelet_host.firmware.system import BUILD_PACKAGES, Packages, ensure_packages
from edgelet_host.paths import COMPILER, FIRMWARE, LINUX_FIRMWARE, ROOT, cache_dir, prebuilt
from edgelet_host.terminal import step

# The flags with which MicroPython's own CI builds its sanitizer variants (tools/ci.sh). The garbage
# collector scans the real stack, so locals must not move to a fake one (asan-use-after-return=0).
SANITIZER_FLAGS = "-fsanitize=address,undefined --param asan-use-after-return=0"

# MicroPython's ports that build with CMake, which their makefiles call: the environment variable by which each hands
# definitions on to it.
CMAKE_PORTS = {"rp2": "CMAKE_ARGS", "esp32": "IDFPY_FLAGS"}
# Set by ESP-IDF's export.sh.
ESP_IDF = ("IDF_PATH", "IDF_PYTHON_ENV_PATH", "IDF_TOOLS_PATH", "ESP_IDF_VERSION", "ESP_ROM_ELF_DIR")


@dataclass(frozen=True)
class State:
    """What a firmware is made from.

    setup: a digest of what changes every object (pinned sources, flags, compiler, Python, the
    upstream checkout). inputs: the sha256 of every file of ours, by path. started: when make was
    started, in seconds since the epoch. complete: whether it came to its end.
    """

    setup: str
    inputs: dict[str, str]
    started: float = 0.0
    complete: bool = False

    def same_as(self, other: "State | None") -> bool:
        """Whether both lead to the same firmware."""
        return other is not None and (self.setup, self.inputs) == (other.setup, other.inputs)


@dataclass(frozen=True)
class Build:
    """One build of the firmware and its folder in the cache.

    name: of that folder. title: for people. port: of MicroPython. product: the file that make
    leaves in its build folder. folders: with our files that go into it, beside our C modules.
    variables: for make's command line. submodules: sources that MicroPython's tree must have.
    checkout: an upstream MicroPython checkout to build from, None for the pinned source.
    compiler: the program. packages: of the system that the build needs. commit: of a release, which
    is stale where it tells another one than that.
    """

    name: str
    title: str
    port: str
    product: str
    folders: tuple[Path, ...]
    variables: tuple[str, ...]
    submodules: tuple[str, ...] = ()
    checkout: Path | None = None
    compiler: str = "gcc"
    packages: Packages = field(default_factory=lambda: BUILD_PACKAGES)
    commit: str | None = None

    @property
    def folder(self) -> Path:
        """The build's folder: make's output, the log, the stamp and the firmware."""
        key = [str(ROOT), str(self.checkout), *(["release"] if self.commit is not None else [])]
        return cache_dir() / "builds" / f"{self.name}-{digest(*key)}"

    @property
    def firmware(self) -> Path:
        """The finished firmware."""
        return self.folder / self.product

    def state(self) -> State:
        """What the firmware would be made from now."""
        modules = sorted(FIRMWARE.glob("*_module"))
        paths = sorted(path for top in (*modules, *self.folders) for path in walk(top))
        # Another version or place that would do, or what is said of its terms, changes nothing in what was built.
        pins = re.sub(
            r"^(#|(known_to_work|license|license_file|tree|upstream|used) = ).*\n",
            "",
            sources.SOURCES_FILE.read_text("utf-8"),
            flags=re.MULTILINE,
        )
        setup = [pins, *self.variables, *tool_times(self.compiler), *([self.commit] if self.commit else [])]
        # make looks at no makefile's time, and where it calls CMake neither at that of a board's configuration.
        global_files = [path for path in paths if path.suffix in (".mk", ".cmake") or path.name.startswith("mpconfig")]
        setup += [path.read_text("utf-8") for path in (*global_files, *FIRMWARE.glob("*.cmake"))]
        if self.checkout:
            setup += file_times(checkout_files(self.checkout, self.port, self.submodules))
        hashes = {str(path.relative_to(ROOT)): file_digest(path) for path in paths}
        return State(digest(*setup), hashes)

    def read_stamp(self) -> State | None:
        """What the last run of make was made from; None where there was none."""
        try:
            return State(**json.loads((self.folder / "stamp.json").read_text("utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write_stamp(self, state: State) -> None:
        """Keep what a run of make is made from."""
        (self.folder / "stamp.json").write_text(json.dumps(asdict(state)), "utf-8")

    def is_fresh(self, state: State) -> bool:
        """Whether the finished firmware is the one for `state`."""
        stamp = self.read_stamp()
        complete = stamp is not None and stamp.complete and self.firmware.is_file()
        return complete and state.same_as(stamp)


def processors() -> int:
    """Give how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def ensure_unix(sanitize: bool = False, micropython: Path | None = None) -> Path:
    """Give the path of the Linux firmware: that of a release, else build it first where it is missing or stale.

    sanitize: with AddressSanitizer and UndefinedBehaviorSanitizer. micropython: an upstream
    checkout to build from instead of the pinned source; the environment variable
    EDGELET_MICROPYTHON names one too. Raises EdgeletError.
    """
    chosen = micropython or os.environ.get("EDGELET_MICROPYTHON")
    if not sanitize and not chosen and (released := prebuilt(LINUX_FIRMWARE)):
        return released
    if sys.platform != "linux":
        raise EdgeletError(
            f"The Linux firmware is neither run nor built on {platform.system()}: use Linux for that, on Windows its "
            "subsystem WSL"
        )
    flags = [f"{name}_EXTRA={SANITIZER_FLAGS}" for name in ("CFLAGS", "LDFLAGS")]
    build = (
        unix_build("unix-sanitize", "the sanitizer firmware", flags, micropython)
        if sanitize
        else unix_build("unix", "the Linux firmware", (), micropython)
    )
    return ensure(build)


def ensure_compiler() -> Path:
    """Give what compiles bundles: the .wasm of a package for any computer, else the Linux firmware (`ensure_unix`)."""
    if not os.environ.get("EDGELET_MICROPYTHON") and (released := prebuilt(COMPILER)):
        return released
    return ensure_unix()


def unix_build(name: str, title: str, variables: Sequence[str], micropython: Path | None) -> Build:
    """Give a build of the Linux firmware. name, title, variables: as a Build's. micropython: as for `ensure_unix`."""
    chosen = micropython or os.environ.get("EDGELET_MICROPYTHON")
    variant = FIRMWARE / "variants" / "edgelet"
    return Build(
        name=name,
        title=title,
        port="unix",
        product="micropython",
        folders=(variant, ROOT / "device"),
        variables=(f"VARIANT_DIR={variant}", "STRIP=", *variables),
        submodules=("mbedtls",),
        checkout=Path(chosen).resolve() if chosen else None,
    )


def ensure(build: Build) -> Path:
    """Give the path of a build's firmware; build it first where it is missing or stale."""
    if not build.is_fresh(build.state()):
        ensure_packages(build.packages)
        with sources.locked(build.folder, f"another build of {build.title}"):
            state = build.state()
            if not build.is_fresh(state):
                run_build(build, state)
    return build.firmware


def walk(top: Path) -> Iterator[Path]:
    """Give the files below `top`, in order, without what editors hide and Python's caches."""
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(n for n in folders if n != "__pycache__" and not n.startswith("."))
        visible = sorted(n for n in files if not n.startswith(".") and not n.endswith("~"))
        yield from (Path(folder, name) for name in visible)


def checkout_files(checkout: Path, port: str, submodules: Sequence[str]) -> Iterator[Path]:
    """Give the files of an upstream checkout from which the firmware for a port is built."""
    parts = ["drivers", "extmod", "mpy-cross", f"ports/{port}", "py", "shared", "tools"]
    parts += ["lib/crypto-algorithms", "lib/littlefs", "lib/mbedtls_errors"]
    parts += ["lib/oofatfs", "lib/re1.5", "lib/uzlib", *sources.places(submodules)]
    for part in parts:
        yield from walk(checkout / part)


def file_times(paths: Iterator[Path] | list[Path]) -> list[str]:
    """Give path, size and time of files: a change of content that need not be read."""
    states = [(path, path.lstat()) for path in paths]
    return [f"{path} {state.st_size} {state.st_mtime_ns}" for path, state in states]


def tool_times(compiler: str = "gcc") -> list[str]:
    """Give path, size and time of the compiler and of Python."""
    tools = (shutil.which(compiler), sys.executable)
    return file_times([Path(tool).resolve() for tool in tools if tool])


def run_build(build: Build, state: State) -> None:
    """Bring what the build needs, run make and put the firmware in its place."""
    for path, how in (
        (ROOT, f"move {ROOT}"),
        (build.folder, f"{cache_dir()} has some, so set EDGELET_CACHE to another folder"),
        (build.checkout, f"move {build.checkout}"),
    ):
        if path and re.search(r"\s", str(path)):
            raise EdgeletError(f"make cannot work with blanks in a path: {how}")
    tree = sources.micropython_tree(build.submodules, build.checkout)
    names = ("quickjs-ng", "microdot", "zlib", "pymonocypher", "scrypt")
    quickjs, microdot, zlib, monocypher, scrypt = unpacked = [sources.ensure(name) for name in names]
    if not can_continue(build.read_stamp(), state):
        shutil.rmtree(build.folder / "make", ignore_errors=True)
    objects = build.folder / "make" / digest(str(tree), *map(str, unpacked))
    state = State(state.setup, state.inputs, started=time.time())
    build.write_stamp(state)
    made = objects / build.port / build.product
    # make does not link again when an object is no longer wanted.
    made.unlink(missing_ok=True)
    log = build.folder / "build.log"
    log.unlink(missing_ok=True)
    with step(f"Building {build.title}") as detail:
        mpy_cross = ensure_mpy_cross(build.checkout, log, detail)
        definitions = {
            "QUICKJS_DIR": quickjs,
            "ZLIB_DIR": zlib,
            "MONOCYPHER_DIR": monocypher,
            "SCRYPT_DIR": scrypt,
            "MICROPY_MANIFEST_MICRODOT_DIR": microdot,
            "MICROPY_MPYCROSS": mpy_cross,
            "MICROPY_MANIFEST_VERSION_DIR": write_version(build.folder),
        }
        variables, environment = hand_over(build, definitions)
        if build.commit is not None and build.port in CMAKE_PORTS:
            # The build id, which the firmware has, would be of debug information too, where this machine's paths are.
            environment["LDFLAGS"] = "-Wl,--strip-debug"
        make(tree / "ports" / build.port, made.parent, variables, log, detail, environment)
    partial = build.firmware.with_name(f".{build.product}.partial")
    shutil.copy2(made, partial)
    partial.replace(build.firmware)
    build.write_stamp(State(state.setup, state.inputs, state.started, complete=True))


@dataclass(frozen=True)
class Revision:
    """What the sources are.

    commit: the one checked out, with a + behind it where files differ from it; "" outside a git checkout.
    time: when it was made, in seconds since the epoch.
    """

    commit: str = ""
    time: int = 0


def revision() -> Revision:
    """Give what the sources are now."""
    git = ["git", "-C", str(ROOT)]
    if not (ROOT / ".git").exists():
        return Revision()
    shown = subprocess.run(
        [*git, "show", "--no-patch", "--format=%h %ct", "--abbrev=12"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if shown.returncode != 0:
        return Revision()
    commit, time = shown.stdout.split()
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--"], check=False).returncode
    return Revision(commit + "+" * bool(changed), int(time))


def write_version(folder: Path) -> Path:
    """Write the module that tells a firmware's version and the commit that it is from; give the folder for it."""
    place = folder / "version"
    place.mkdir(exist_ok=True)
    text = f'VERSION = "{__version__}"\nCOMMIT = "{revision().commit}"\n'
    (place / "edgelet_version.py").write_text(text, "utf-8")
    return place


def hand_over(build: Build, definitions: Mapping[str, Path]) -> tuple[list[str], dict[str, str]]:
    """Give variables for make's command line and for its environment that say where everything is."""
    # Frozen modules need a micropython-lib, known by its README.md; we take nothing from it.
    if build.port not in CMAKE_PORTS:
        known = {"USER_C_MODULES": FIRMWARE, "MPY_LIB_DIR": ROOT, **definitions}
        variables = [f"{name}={value}" for name, value in known.items()]
        # make takes the last one of a name: a build that names its compiler has no use for ccache, which knows gcc.
        return [*cached_compiler(build.compiler), *build.variables, *variables], {}
    known = {"MICROPY_LIB_DIR": ROOT, "Python3_EXECUTABLE": Path(sys.executable), **definitions}
    if ccache := shutil.which("ccache"):
        known["CMAKE_C_COMPILER_LAUNCHER"] = Path(ccache)
    return [*build.variables, f"USER_C_MODULES={FIRMWARE / 'micropython.cmake'}"], {
        CMAKE_PORTS[build.port]: " ".join(f"-D{name}={value}" for name, value in known.items()),
        "MICROPY_MPYCROSS": str(definitions["MICROPY_MPYCROSS"]),
    }


def cached_compiler(compiler: str) -> list[str]:
    """Give the variable for make by which ccache, where it is installed, keeps what a compiler made."""
    return [f"CC=ccache {compiler}"] if shutil.which("ccache") else []


def ensure_mpy_cross(checkout: Path | None, log: Path, detail: Callable[[str], None]) -> Path:
    """Give the path of MicroPython's compiler, which all builds from one MicroPython share; build it first."""
    tree = sources.micropython_tree((), checkout)
    folder = cache_dir() / "builds" / f"mpy-cross-{digest(str(checkout or tree.name), *tool_times())}"
    # To optimize it takes longer than all that it compiles.
    variables = ["COPT=-O0", *cached_compiler("gcc")]
    output = folder / "make"
    with sources.locked(folder, "another build of mpy-cross"):
        make(tree / "mpy-cross", output, variables, log, detail)
    return output / "mpy-cross"


def can_continue(before: State | None, now: State) -> bool:
    """Whether make can tell by times what the last run left to do.

    It cannot where flags or upstream sources changed, where an input is gone (names generated from
    it stay), and where an input changed although it is older than the last run.
    """
    if before is None or before.setup != now.setup or not before.inputs.keys() <= now.inputs.keys():
        return False
    changed = [path for path, content in before.inputs.items() if now.inputs[path] != content]
    return all((ROOT / path).stat().st_mtime > before.started for path in changed)


def make(
    folder: Path,
    output: Path,
    variables: list[str],
    log: Path,
    detail: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run make in a folder of a MicroPython tree, adding what it prints to `log`.

    output: make's build folder, which is emptied first where the last run was killed. variables: for make's command
    line, environment: more of them. detail: is told each line.
    """
    # What was being written when make was killed is newer than what it is made from: make takes it for whole.
    unfinished = output.with_name(f"{output.name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(output, ignore_errors=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished.touch()
    command = ["make", "-C", str(folder), f"-j{processors()}", f"BUILD={output}"]
    command += [f"PYTHON={sys.executable}", *variables]
    with (
        log.open("a", encoding="utf-8") as file,
        subprocess.Popen(
            command,
            env=make_environment(folder) | dict(environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            # make holds the build's lock too, should this process be killed before it.
            close_fds=False,
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            detail(line.strip())
    if process.returncode >= 0:
        unfinished.unlink()
    if process.returncode != 0:
        raise EdgeletError(explain_make(log))


def make_environment(folder: Path) -> dict[str, str]:
    """Give the environment for make in a folder of a MicroPython tree.

    Nothing of the user's environment (CFLAGS, DEBUG, MAKEFLAGS) changes the firmware, and
    MicroPython does not take a git repository around the cache for its own.
    """
    tree = next(parent for parent in folder.parents if (parent / "py").is_dir())
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", *ESP_IDF) if name in os.environ}
    # In depend mode ccache does not preprocess a file on its own before it is compiled.
    ccache = {"CCACHE_DIR": str(cache_dir() / "ccache"), "CCACHE_DEPEND": "1"}
    # By which tools date what they make: the same sources make the same firmware, whenever that is.
    date = {"SOURCE_DATE_EPOCH": str(made)} if (made := revision().time) else {}
    ours = {**ccache, **zig_cache(), **date, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    # MicroPython's tools stay as they are.
    ours["PYTHONDONTWRITEBYTECODE"] = "1"
    return kept | {"LC_ALL": "C.UTF-8"} | ours


def zig_cache() -> dict[str, str]:
    """Give the environment variables that have zig keep what it compiles in the cache."""
    return {f"ZIG_{kind}_CACHE_DIR": str(cache_dir() / "zig") for kind in ("GLOBAL", "LOCAL")}


def explain_make(log: Path) -> str:
    """Give the first error in a build log in one line that names the log."""
    text = log.read_text("utf-8")
    # ninja, which ESP-IDF uses, prints whole commands: they name files and options such as -Wno-error=unused.
    telling = re.compile(r"(?<![\w.-])error\b(?![=.])|Error:|undefined reference|\*\*\*", re.IGNORECASE)
    errors = [line.strip() for line in text.splitlines() if telling.search(line)]
    reason = errors[0].replace(f"{ROOT}/", "") if errors else "make gave no reason"
    # What CMake's message says stands below it, indented.
    if message := re.search(r"^CMake Error at .*\(message\):\n\n?((?:  .*\n)+)", text, flags=re.MULTILINE):
        reason = " ".join(message[1].split())
    return f"The firmware does not build: {reason.rstrip('.')}. Mend it and run again; the full log is {log}"


def file_digest(path: Path) -> str:
    """Give the sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(*parts: str) -> str:
    """Give 16 hex digits over some texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
