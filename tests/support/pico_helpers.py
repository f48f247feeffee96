"""An emulated Pico or Pico W, used as its owner does: command line, console, HTTP."""

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import Cli
from device_helpers import Client, free_port, write_project
from edgelet_host import emulator
from edgelet_host.device.console import connect
from edgelet_host.device.running import announce
from waiting import wait_until


class Pico(Client):
    """The board. Its flash stays in `folder` while it is off. cli: the command line, which means this board."""

    def __init__(self, folder: Path, board: str) -> None:
        self.folder = folder
        self._board = board
        self.cli = Cli(folder)
        self._power = ExitStack()

    def switch_on(self) -> None:
        """Start it, and wait until it answers over HTTP."""
        log = self.folder / "pico.log"
        local = self._power.enter_context(
            emulator.start(self._board, self.folder / "pico", "127.0.0.1", free_port(), log)
        )
        self._power.enter_context(announce(local, "test"))
        self.local, self.cli.device = local, local.port

    def switch_off(self) -> None:
        """Cut the power."""
        self._power.close()

    def deploy(self, name: str, source: str, **fields: Any) -> Any:
        """Deploy a function from source text with the command line; its route is /NAME."""
        project = write_project(self.folder / name, name, {"main.js": source}, route=f"/{name}", **fields)
        return self.cli.ok("deploy", project)

    def execute(self, code: str) -> str:
        """Execute Python on the board, beside its server."""
        with connect(self.local.port) as device:
            return device.execute(code)

    def emulated(self) -> dict[str, float]:
        """Give emulated time (ms), and how many clock cycles (cycles) were not slept through since the last reset."""
        log = self.folder / "pico.log"
        before = log.stat().st_size
        self.local.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: log.read_text()[before:].endswith("\n"))
        return json.loads(log.read_text()[before:])


@contextmanager
def running(folder: Path, board: str = emulator.PICO) -> Iterator[Pico]:
    """Switch a board on, with a flash that is empty but for the firmware."""
    pico = Pico(folder, board)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", pico.cli.environment()["XDG_RUNTIME_DIR"])
        try:
            pico.switch_on()
            yield pico
        finally:
            pico.switch_off()
