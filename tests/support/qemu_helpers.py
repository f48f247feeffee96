"""MicroPython with edgelet's C modules on simulated 32-bit boards, and on Linux, driven in the same way."""

from __future__ import annotations

import functools
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edgelet_host.firmware import builds
from edgelet_host.firmware.boards import read_definitions
from edgelet_host.firmware.system import BOARD_PACKAGES, RISCV_PACKAGES, Packages
from edgelet_host.paths import FIRMWARE
from mpremote.transport_serial import SerialTransport

DRIVER = Path(__file__).with_name("isolate_driver.py")


@dataclass(frozen=True)
class Machine:
    """A simulated machine: its compiler and the packages with it, and how qemu is started for it.

    like: the board whose arena and stack it has.
    """

    compiler: str
    packages: Packages
    qemu: str
    like: str


MACHINES = {
    "QEMU_MPS2_AN385": Machine(
        "arm-none-eabi-gcc", BOARD_PACKAGES, "qemu-system-arm -machine mps2-an385", "EDGELET_PICO2"
    ),
    "QEMU_VIRT_RV32": Machine(
        "riscv64-unknown-elf-gcc", RISCV_PACKAGES, "qemu-system-riscv32 -machine virt -bios none", "EDGELET_PICO"
    ),
}
CORTEX_M3, RV32 = MACHINES

# Simulated time is counted in instructions, 2**3 = 8 ns each (125 MIPS, a Pico's pace), so that nothing depends on how
# busy this machine is.
INSTRUCTION_SHIFT = 3
QEMU_OPTIONS = f"-nographic -monitor null -semihosting -serial pty -icount shift={INSTRUCTION_SHIFT}".split()


@functools.cache
def board_firmware(board: str, *variables: str) -> Path:
    """The ELF file of a board's firmware; built first where it is missing or stale. variables: more of make's."""
    folder = FIRMWARE / "boards" / board
    sizes = read_definitions(MACHINES[board].like)
    defines = " ".join(f"-DBARE_{room}_SIZE={sizes[f'EDGELET_{room}_BYTES']}" for room in ("ARENA", "STACK"))
    return builds.ensure(
        builds.Build(
            name=f"{board}-{builds.digest(*variables)}" if variables else board,
            title=f"the firmware of {board}",
            port="qemu",
            product="firmware.elf",
            folders=(folder, FIRMWARE / "boards" / "qemu"),
            variables=(f"BOARD={board}", f"BOARD_DIR={folder}", f"CFLAGS_EXTRA={defines}", *variables),
            submodules=("mbedtls",),
            compiler=MACHINES[board].compiler,
            packages=MACHINES[board].packages,
        )
    )


class _Target:
    """A program that ends with the block in which it is used."""

    _process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()


class Board(_Target):
    """A simulated board, a name in MACHINES. Use it as a context manager. elf: its firmware.

    variables: of make, for a firmware of its own.
    """

    arena_size = None

    def __init__(self, board: str = CORTEX_M3, *variables: str) -> None:
        self.elf = board_firmware(board, *variables)
        # To bring code through the simulated serial port takes more than most of it does.
        self._folder = tempfile.TemporaryDirectory()
        self._code = Path(self._folder.name, "code.py")
        self._handed = 0
        self._process = subprocess.Popen(
            [*MACHINES[board].qemu.split(), *QEMU_OPTIONS, "-kernel", self.elf],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        match = re.search(r"redirected to (\S+)", line)
        if match is None:
            self.__exit__(None, None, None)
            raise RuntimeError(f"qemu gives no serial port: {line!r}")
        self._serial = SerialTransport(match[1])
        self._serial.enter_raw_repl(soft_reset=False, timeout_overall=None)

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._folder.cleanup()

    def exec(self, code: str) -> str:
        """Runs Python code and returns what it printed. Raises TransportExecError with the board's traceback."""
        self._code.write_text(code)
        with self._executing():
            output: bytes = self._serial.exec(f"exec(__import__('bare').read('{self._code}'))")
        return output.decode().replace("\r\n", "\n")

    def hand(self, content: bytes) -> str:
        """A Python expression that gives these bytes there.

        As a literal they would lie in the heap four times, in a text several times as long.
        """
        self._handed += 1
        path = Path(self._folder.name, str(self._handed))
        path.write_bytes(content)
        return f"__import__('bare').read('{path}')"

    def soft_reset(self) -> None:
        """Restarts MicroPython, with a new heap."""
        with self._executing():
            self._serial.enter_raw_repl(soft_reset=True, timeout_overall=None)

    @contextmanager
    def _executing(self) -> Iterator[None]:
        # While it waits for input a board asks its serial port all the time, which takes a whole processor.
        self._process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGSTOP)


# What the Linux firmware runs to be driven like a board: code comes and output goes with a line of its size before it.
SERVER = """
import io, os, sys
names = {"__name__": "__main__"}
while True:
    size = sys.stdin.readline()
    if not size:
        break
    code = sys.stdin.read(int(size))
    output = io.StringIO()
    names["print"] = lambda *args, **options: print(*args, file=output, **options)
    failed = 0
    try:
        exec(code, names)
    except Exception as error:
        sys.print_exception(error, output)
        failed = 1
    text = output.getvalue()
    sys.stdout.write("%d %d\\n%s" % (failed, len(text), text))
"""


class Linux(_Target):
    """The Linux firmware, driven like `Board`."""

    arena_size = 512 * 1024

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [builds.ensure_unix(), "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def exec(self, code: str) -> str:
        """Runs Python code and returns what it printed. Raises RuntimeError with the traceback."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{len(code)}\n{code}")
        self._process.stdin.flush()
        failed, size = map(int, self._process.stdout.readline().split())
        output = self._process.stdout.read(size)
        if failed:
            raise RuntimeError(output)
        return output

    def hand(self, content: bytes) -> str:
        """A Python expression that gives these bytes there."""
        return repr(content)


def load_driver(target: Board | Linux) -> None:
    """Makes isolate_driver.py's functions known there."""
    target.exec(f"arena_size = {target.arena_size}\n{DRIVER.read_text()}")
