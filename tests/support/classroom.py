"""A class's boards: played Picos with serial numbers, which are plugged in at ports and unplugged."""

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli_helpers import ROOT, Cli
from flash_helpers import Pico
from usb import MOUNTS


class Board:
    """A board that can be plugged in and unplugged. Its files and functions stay, as in flash."""

    def __init__(self, firmware: Path, folder: Path, number: int) -> None:
        self.serial = f"e66118604b5f{number:04x}"
        self.name = f"board{number:02}"
        self.host = f"127.0.1.{number}"
        self._firmware = firmware
        self._usb = folder / "usb"
        self._ports = folder / "dev"
        self._folder = folder / self.name
        self._folder.mkdir()
        self.volume = self._folder / "volume"
        self._pico: Pico | None = None

    def plug(self, port: str, in_bootsel: bool = False) -> None:
        """Connect it: it is called `port` then, ttyACM0 say."""
        self.port = self._ports / port
        self._pico = _PluggedPico(self, self._firmware, self._folder)
        self.port.symlink_to(self._pico.port)
        self._pico.start(in_bootsel=in_bootsel)

    def unplug(self) -> None:
        """Take its power, whatever it does."""
        if self._pico:
            self.list(False)
            self.port.unlink()
            self._pico.stop()
            self._pico = None

    def list(self, is_there: bool) -> None:
        """Have the system list its port, or not."""
        entry = self._usb / self.name
        if is_there:
            fresh = entry.with_name(f".{entry.name}")
            fresh.write_text(f"{self.port}\n{self.serial}")
            fresh.replace(entry)
        else:
            entry.unlink(missing_ok=True)

    def forgets_what_it_is_sent(self) -> None:
        """Have its boot ROM take files and write nothing of them, until it is plugged in anew."""
        assert self._pico
        self._pico._program = False

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Have it say nothing any more, for a while."""
        assert self._pico
        self._pico.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._pico.signal(signal.SIGCONT)

    @property
    def chip(self) -> Path:
        """What it has in flash."""
        return self._folder / "chip"


class _PluggedPico(Pico):
    """Its serial port is there as long as its firmware runs, as USB has it."""

    def __init__(self, board: Board, firmware: Path, folder: Path) -> None:
        super().__init__(firmware, folder, host=board.host)
        self._board = board

    def signal(self, number: int) -> None:
        assert self._process
        self._process.send_signal(number)

    def _start_firmware(self) -> None:
        super()._start_firmware()
        self._board.list(True)

    def _show_volume(self) -> None:
        self._board.list(False)
        super()._show_volume()


@dataclass
class ClassCli(Cli):
    """The command line of the computer to which the boards are connected."""

    def environment(self) -> dict[str, str]:
        return super().environment() | {"PLAYED_USB": str(self.folder / "usb")}

    def command(self, *args: str | Path) -> list[str]:
        program = ROOT / "tests" / "support" / "usb.py"
        return [super().command()[0], str(program), *map(str, args)]


@contextmanager
def classroom(firmware: Path, folder: Path, count: int) -> Iterator[tuple[ClassCli, Sequence[Board]]]:
    """So many boards, all plugged in, and the computer's command line."""
    (folder / "usb").mkdir()
    (folder / "dev").mkdir()
    boards = [Board(firmware, folder, number) for number in range(1, count + 1)]
    mounts = [f"/dev/sd{number} {board.volume} vfat rw 0 0\n" for number, board in enumerate(boards)]
    (folder / "usb" / MOUNTS).write_text("".join(mounts))
    with ThreadPoolExecutor(2) as pool:
        try:
            list(pool.map(lambda board: board.plug(f"ttyACM{board.serial}"), boards))
            yield ClassCli(folder), boards
        finally:
            list(pool.map(Board.unplug, boards))
