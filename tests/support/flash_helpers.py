"""A played RP2040: its boot ROM and flash, at a real pty and with the real runtime; and UF2 files for it."""

import contextlib
import os
import pty
import signal
import struct
import subprocess
import sys
import threading
import tty
from pathlib import Path

from cli_helpers import as_board
from device_helpers import free_port
from edgelet_host.device.console import connect
from edgelet_host.firmware import sources
from waiting import wait_until

RP2040, RP2350, SAMD51 = 0xE48BFF56, 0xE48BFF59, 0x55114460
INFO = "UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n"
FLASH_BYTES = 2 << 20
FIRMWARE_BYTES = 1408 << 10  # as tests/support/board/partition.py has it


def make_uf2(path: Path, content: bytes, family: int = RP2040) -> Path:
    """Make a UF2 file with MicroPython's own tool."""
    binary = path.with_suffix(".raw")
    binary.write_bytes(content)
    tool = sources.ensure("micropython") / "tools" / "uf2conv.py"
    command = [sys.executable, tool, "--convert", "--base", "0x10000000", "--family", hex(family)]
    subprocess.run([*command, "--output", path, binary], check=True, capture_output=True)
    return path


class Pico:
    """A board at a pty: its flash, and the boot ROM with its volume, which takes a UF2 file and starts what is there.

    program: whether the ROM writes what it gets into the flash. host: the address of its server; boards that start at
    the same time may take the same port.
    """

    def __init__(self, firmware: Path, folder: Path, program: bool = True, host: str = "127.0.0.1") -> None:
        self._host = host
        self.chip = folder / "chip"
        if not self.chip.exists():
            self.chip.write_bytes(b"\xff" * FLASH_BYTES)
        self.volume = folder / "volume"
        self.volume.mkdir(exist_ok=True)
        self._firmware = as_board(firmware, folder, "pico.py", CHIP=self.chip)
        self._folder = folder
        self._program = program
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._stopping = threading.Event()
        self._process: subprocess.Popen | None = None
        self._starts = 0
        self._thread = threading.Thread(target=self._run)

    def start(self, in_bootsel: bool = False) -> None:
        if in_bootsel:
            self._show_volume()
        else:
            self._start_firmware()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._process:
            self._process.kill()
        # One that did not start has none.
        if self._thread.ident:
            self._thread.join()
        # A board that has just reset itself may have started anew.
        if self._process:
            self._process.kill()
            self._process.wait()
        os.close(self._master)
        os.close(self._slave)

    def reset(self) -> None:
        """Reset the board, and come back when it starts anew: what comes before is lost, as on a real one."""
        starts = self._starts
        with connect(self.port) as device:
            device.send("import machine\nmachine.reset()")
        wait_until(lambda: self._starts > starts)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._process and self._process.wait() == -signal.SIGUSR1:
                self._show_volume()
            if (self.volume / "INFO_UF2.TXT").exists():
                self._take_file()
            if not self._stopping.is_set():
                self._start_firmware()

    def _start_firmware(self) -> None:
        command = [self._firmware, "-m", "edgelet.runtime", "-", "--host", self._host, "--port", str(free_port())]
        # A board knows no time zone.
        environment = os.environ | {"TZ": "UTC"}
        self._process = subprocess.Popen(
            command, stdin=self._master, stdout=self._master, cwd=self._folder, env=environment
        )
        self._starts += 1

    def _show_volume(self) -> None:
        # Whoever sees it reads all of it.
        fresh = self._folder / "info"
        fresh.write_text(INFO)
        fresh.replace(self.volume / "INFO_UF2.TXT")

    def _take_file(self) -> None:
        """Do what the ROM does (RP2040 datasheet, section 2.8.4.2): restart once all blocks have come."""
        blocks: dict[int, tuple[int, bytes]] = {}
        count = 1
        while len(blocks) < count and not self._stopping.wait(0.01):
            for file in self.volume.glob("*.uf2"):
                data = file.read_bytes()
                for at in range(0, len(data) - 511, 512):
                    address, size, number, count = struct.unpack_from("<4I", data, at + 12)
                    blocks[number] = (address, data[at + 32 : at + 32 + size])
        with self.chip.open("r+b") as chip:
            for address, content in blocks.values() if self._program else ():
                chip.seek(address - 0x10000000)
                chip.write(content)
        for file in self.volume.iterdir():
            file.unlink()


@contextlib.contextmanager
def running(board: Pico, **options):
    board.start(**options)
    try:
        yield board
    finally:
        board.stop()
