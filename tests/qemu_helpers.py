"""MicroPython on a simulated Cortex-M3 board, driven through its serial port with mpremote."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from mpremote.transport_serial import SerialTransport

# Simulated time is counted in instructions, 2**3 = 8 ns each (125 MIPS, a Pico's pace), so that nothing depends on how
# busy this machine is.
INSTRUCTION_SHIFT = 3


class QemuBoard:
    """A running board. Use it as a context manager.

    `firmware` is the ELF file that the build makes for QEMU_MPS2_AN385.
    """

    def __init__(self, firmware: Path) -> None:
        self._qemu = subprocess.Popen(
            ["qemu-system-arm", "-machine", "mps2-an385", "-nographic", "-monitor", "null"]
            + ["-icount", f"shift={INSTRUCTION_SHIFT}", "-semihosting", "-serial", "pty"]
            + ["-kernel", str(firmware)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._qemu.stdout is not None
        line = self._qemu.stdout.readline()
        match = re.search(r"redirected to (\S+)", line)
        if match is None:
            self._qemu.kill()
            self._qemu.wait()
            raise RuntimeError(f"qemu gives no serial port: {line!r}")
        self._serial = SerialTransport(match[1])
        self._serial.enter_raw_repl(soft_reset=False, timeout_overall=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._serial.serial.close()
        self._qemu.kill()
        self._qemu.wait()

    def exec(self, code: str) -> str:
        """Runs Python code on the board and returns what it printed.

        Raises TransportExecError with the board's traceback.
        """
        output: bytes = self._serial.exec(code)
        return output.decode().replace("\r\n", "\n")

    def soft_reset(self) -> None:
        """Restarts MicroPython, with a new heap."""
        self._serial.enter_raw_repl(soft_reset=True, timeout_overall=None)
