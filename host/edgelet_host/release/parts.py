"""What a package has beside firmware, cross-compiled by zig: the compiler of bundles as WebAssembly, the emulated Pico.

    compiler = ensure_compiler_wasm()
    processor, peer = ensure_emulator("linux-aarch64")

Each is kept in the cache, in a folder for its sources and its compiler.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from edgelet_host.emulator import PEER, PROCESSOR
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import sources
from edgelet_host.firmware.builds import digest, file_digest, zig_cache
from edgelet_host.firmware.portable import ensure_zig
from edgelet_host.paths import COMPILER, FIRMWARE, ROOT, cache_dir, peer_name, processor_name
from edgelet_host.terminal import step

# By the systems' own names and machines, as `platform` gives them in small letters; zig's targets, of the processor and
# of the peer. Linux' processor is linked to no C library, its peer has one inside.
EMULATORS = {
    "linux-x86_64": "x86_64-linux-musl",
    "linux-aarch64": "aarch64-linux-musl",
    "linux-armv7l": "arm-linux-musleabihf -mcpu=cortex_a7",
    "darwin-arm64": "aarch64-macos.13.0",
    "darwin-x86_64": "x86_64-macos.13.0",
}
# As firmware/quickjs_module/micropython.mk has them.
_ENGINE_FLAGS = ("-D__SANITIZE_ADDRESS__=1", "-D__DJGPP", "-DNDEBUG", "-fno-strict-aliasing", "-D_GNU_SOURCE")
_STACK = 8 << 20
# As much as the firmware gives it (COMPILE_ARENA_SIZE).
_MEMORY = 256 << 20
_QUIET = ("-std=gnu11", "-O2", "-Wno-error", "-w", "-g0")


def ensure_compiler_wasm() -> Path:
    """Give the compiler of bundles as WebAssembly; build it first where it is missing or stale."""
    module = FIRMWARE / "quickjs_module"
    rooms = (module / "engine", module / "port", FIRMWARE / "base_module", FIRMWARE / "compiler_wasm")
    quickjs, tree = sources.ensure("quickjs-ng"), sources.micropython_tree(("mbedtls",))
    key = digest(str(quickjs), str(tree), *(file_digest(file) for room in rooms for file in sorted(room.iterdir())))

    def build(folder: Path) -> list[str]:
        identify = [sys.executable, str(module / "engine" / "engine_id.py"), str(quickjs), str(folder / "engine_id.h")]
        subprocess.run(identify, check=True)
        includes = [f"-I{module}", f"-I{FIRMWARE / 'base_module'}", f"-I{folder}", f"-I{tree}"]
        includes += ["-isystem", str(quickjs), "-isystem", str(tree / "lib" / "mbedtls" / "include")]
        includes += ["-isystem", str(tree / "lib" / "mbedtls" / "library")]
        code = [FIRMWARE / "compiler_wasm" / "compiler.c"]
        code += [module / "engine" / name for name in ("bundle.c", "compile.c", "engine.c")]
        code += sorted((FIRMWARE / "base_module").glob("*.c"))
        link = f"-Wl,-z,stack-size={_STACK},--max-memory={_MEMORY},--strip-all,--gc-sections"
        return ["-mexec-model=reactor", *_QUIET, *_ENGINE_FLAGS, *includes, *map(str, code), link]

    return _built(COMPILER, "wasm32-wasi", key, "the compiler of bundles", build)


def ensure_emulator(system: str) -> tuple[Path, Path]:
    """Give the emulated Pico's processor and the other end of its line for one of EMULATORS; build them if need be."""
    lwip = sources.ensure("lwip") / "src"
    port = lwip.parent / "contrib" / "ports" / "unix" / "port"
    files = sorted(file for folder in (PROCESSOR, PEER) for file in folder.iterdir())
    key = digest(system, str(lwip), *map(file_digest, files))
    target = EMULATORS[system]

    def processor(_: Path) -> list[str]:
        # Else it has the path in which it was linked.
        named = [f"-Wl,-install_name,{processor_name(system)}"] if system.startswith("darwin") else []
        code = map(str, sorted(PROCESSOR.glob("*.c")))
        return ["-shared", "-fPIC", *_QUIET, *_alone(target), *named, *code, "-Wl,-s"]

    def peer(_: Path) -> list[str]:
        includes = [f"-I{PEER}", f"-I{lwip / 'include'}", f"-I{port / 'include'}"]
        code = [*sorted(PEER.glob("*.c")), *sorted((lwip / "core").glob("*.c"))]
        code += [*sorted((lwip / "core" / "ipv4").glob("*.c")), *sorted((lwip / "netif" / "ppp").rglob("*.c"))]
        code += [lwip / "netif" / "ethernet.c"]
        static = ["-static"] if system.startswith("linux") else ["-D_DARWIN_C_SOURCE"]
        return [*static, *_QUIET, "-D_GNU_SOURCE", *includes, *map(str, code), "-Wl,-s"]

    title = f"the emulated Pico for {system}"
    return (
        _built(processor_name(system), target, key, title, processor),
        _built(peer_name(system), target, key, title, peer),
    )


def _alone(target: str) -> list[str]:
    """Give what keeps a library for Linux from being one of a certain C library's: zig's headers, and nothing else."""
    if "linux" not in target:
        return []
    headers = ensure_zig().parent / "lib" / "libc" / "include"
    machine = f"{target.partition('-')[0]}-linux-musl"
    return ["-nostdlib", "-isystem", str(headers / machine), "-isystem", str(headers / "generic-musl")]


def _built(name: str, target: str, key: str, title: str, arguments: Callable[[Path], Sequence[str]]) -> Path:
    """Give a file that zig's C compiler makes for a target, unless it is there. arguments: given the file's folder."""
    zig = ensure_zig()
    folder = cache_dir() / "builds" / f"{name.partition('.')[0]}-{digest(key, str(zig))}"
    made = folder / name
    compiler = [str(zig), "cc", "-target", *target.split()]
    sources.make_once(
        made, folder, lambda: _build(made, title, compiler, arguments(folder)), f"another build of {title}"
    )
    return made


def _build(made: Path, title: str, compiler: Sequence[str], arguments: Sequence[str]) -> None:
    partial = made.with_name(f"partial-{made.name}")
    # Texts of assertions tell where a file is.
    here = [f"-ffile-prefix-map={top}=." for top in (cache_dir(), ROOT)]
    command = [*compiler, *here, *arguments, "-o", str(partial)]
    environment = os.environ | zig_cache()
    with step(f"Building {title}"):
        done = subprocess.run(
            command, cwd=made.parent, env=environment, capture_output=True, encoding="utf-8", check=False
        )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or ["zig failed"]
        raise EdgeletError(f"{made.name} does not build: {lines[0]}")
    partial.replace(made)
