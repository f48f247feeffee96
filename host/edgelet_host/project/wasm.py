"""The compiler of bundles as WebAssembly (firmware/compiler_wasm), for computers that run no Linux firmware.

It comes with the package for any computer, and so does wasmtime, which runs it. Its bundles are the firmware's, byte by
byte.
"""

import contextlib
import hashlib
import struct
import tempfile
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgelet_host.errors import EdgeletError
from edgelet_host.paths import cache_dir
from edgelet_host.runtime import names

if TYPE_CHECKING:
    import wasmtime

# As quickjs.compile and its callers call what went wrong, in the order of compile_result_t.
_KINDS = ("", "syntax", "import")
_STRIP, _EVENT_2, _ORIGINS = 1, 2, 4
# What the engine may use of its own stack, by which texts may be nested as deep as in the firmware; what wasmtime may
# use of the thread's meanwhile; and that.
_STACK = 128 * 1024
_NATIVE_STACK = 2 << 20
_THREAD_STACK = 16 << 20
_AT = "    at "
# BUNDLE_MODULES_MAX.
_MODULES = 1024
# ISOLATE_MESSAGE_SIZE: as long as a message of the firmware's gets.
_MESSAGE = 1023


@dataclass(frozen=True)
class Failure:
    """What does not compile. kind: syntax or import. message: begins with file:line:column where that is known."""

    kind: str
    message: str


def compile_files(
    compiler: Path,
    files: dict[str, str],
    main: str,
    strip: bool,
    origins: tuple[list[str], bytes] | None,
    event_2: bool,
) -> bytes | Failure:
    """Compile a bundle. compiler: the .wasm. files: texts by path. origins: sources' paths, and packed positions.

    The other arguments are those of quickjs.compile. Raises EdgeletError.
    """
    if len(files) > _MODULES:
        raise EdgeletError(f"the project has more than {_MODULES} modules")
    flags = (_STRIP if strip else 0) | (_EVENT_2 if event_2 else 0) | (_ORIGINS if origins else 0)
    paths = sorted(files)
    request = struct.pack("<3I", flags, paths.index(main), len(files))
    request += b"".join(_text(path) + _text(files[path]) for path in paths)
    request += _texts(names.NATIVE_MODULES)
    if origins:
        sources, positions = origins
        request += _texts(sources) + struct.pack("<I", len(positions) // 20) + positions
    result, data, stack = _run(compiler, request)
    if result == 0:
        return data
    return Failure(_KINDS[result], _message(data.decode(errors="replace"), stack.decode(errors="replace")))


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def _texts(texts: Iterable[str]) -> bytes:
    items = list(texts)
    return struct.pack("<I", len(items)) + b"".join(map(_text, items))


def _message(text: str, stack: str) -> str:
    """Put the position first, which the engine has in the stack."""
    place = stack.partition("\n")[0]
    return (
        (f"{place.removeprefix(_AT)}: {text}" if place.startswith(_AT) else text)
        .encode()[:_MESSAGE]
        .decode(errors="ignore")
    )


def _run(compiler: Path, request: bytes) -> tuple[int, bytes, bytes]:
    """Give the result, and the bundle or the error's text with its stack.

    In a thread of its own, since the stack of the first one is as large as the system has it.
    """
    threading.stack_size(_THREAD_STACK)
    try:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(_run_here, compiler, request).result()
    finally:
        threading.stack_size(0)


def _run_here(compiler: Path, request: bytes) -> tuple[int, bytes, bytes]:
    import wasmtime

    settings: Any = wasmtime.Config()
    settings.max_wasm_stack = _NATIVE_STACK
    engine = wasmtime.Engine(settings)
    store = wasmtime.Store(engine)
    store.set_wasi(wasmtime.WasiConfig())
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    exports: Any = linker.instantiate(store, _module(engine, compiler)).exports(store)
    memory = exports["memory"]
    try:
        exports["_initialize"](store)
        place = exports["edgelet_alloc"](store, len(request))
        memory.write(store, request, place)
        answer = exports["edgelet_compile"](store, place, _STACK)
    except (wasmtime.Trap, wasmtime.WasmtimeError):
        raise EdgeletError("this project is too much for the compiler: it is too large, or nested too deep") from None
    result, data, length, stack, stack_length = struct.unpack("<5I", memory.read(store, answer, answer + 20))
    return (
        result,
        bytes(memory.read(store, data, data + length)),
        bytes(memory.read(store, stack, stack + stack_length)),
    )


def _module(engine: "wasmtime.Engine", compiler: Path) -> "wasmtime.Module":
    """Give the compiler as this computer's machine code, which is kept in the cache: making it takes seconds."""
    import wasmtime

    code = compiler.read_bytes()
    key = hashlib.sha256(code + version("wasmtime").encode()).hexdigest()[:16]
    kept = cache_dir() / f"compiler-{key}.machine"
    with contextlib.suppress(OSError, wasmtime.WasmtimeError):
        return wasmtime.Module.deserialize_file(engine, str(kept))
    module = wasmtime.Module(engine, code)
    # Where nothing can be written it is made anew each time.
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept.parent, prefix=kept.name, delete=False) as file:
            file.write(module.serialize())
        Path(file.name).replace(kept)
    return module
