"""What is measured: a server of HTTP with one application, started as its users start it."""

import contextlib
import platform
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from comparison.processes import SERVER_CORE, on_core
from device_helpers import free_port
from edgelet_host.device.local import child
from edgelet_host.errors import EdgeletError

APPS = Path(__file__).resolve().parent / "apps"
REASON = "this peer of the comparison comes from npm"
# What npm's packages of programs call this processor.
ARCHITECTURE = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
START_S = 30


@dataclass(frozen=True)
class Site:
    """What all peers serve. file: that of the row `static`. upstream: the URL that `fetch` asks. secret: of tokens."""

    file: Path
    upstream: str
    secret: str


@dataclass(frozen=True)
class FirstAnswer:
    """Of a server that was started, or got a new version: milliseconds until its first answer, and of that alone."""

    total_ms: float
    request_ms: float


class Peer(ABC):
    """A server. name: as people know it. rows: what it has an application for.

    folder: of its own, empty at first.
    """

    name: str
    rows: Sequence[str]

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder = folder
        self.site = site
        self.port = free_port()
        self.running = ExitStack()
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Install it and put its application together. Raises EdgeletError where it cannot be had here."""

    @property
    @abstractmethod
    def version(self) -> str:
        """Its version, and that of its engine where it has another name."""

    def port_of(self, path: str) -> int:
        """Where it serves a path."""
        return self.port

    def start(self) -> FirstAnswer:
        """Start it, wait until it answers."""
        began = time.perf_counter()
        with on_core(SERVER_CORE):
            self.process = self.launch()
        return self.first_answer(began, "/hello", b"hello")

    @abstractmethod
    def launch(self) -> "subprocess.Popen[bytes]":
        """Start its process, which ends with stop()."""

    def deploy(self) -> FirstAnswer:
        """Have it serve a new version of its application: a new start, where it knows no other way."""
        self.stop()
        return self.start()

    def stop(self) -> None:
        """End it."""
        self.running.close()

    def first_answer(self, began: float, path: str, expected: bytes) -> FirstAnswer:
        """Ask until a server that began at a time of `time.perf_counter()` answers as expected."""
        while time.perf_counter() - began < START_S:
            if self.process is not None and self.process.poll() is not None:
                break
            asked = time.perf_counter()
            connection = HTTPConnection("127.0.0.1", self.port_of(path), timeout=START_S)
            with contextlib.suppress(ConnectionError), contextlib.closing(connection):
                connection.request("GET", path)
                if connection.getresponse().read() == expected:
                    now = time.perf_counter()
                    return FirstAnswer((now - began) * 1e3, (now - asked) * 1e3)
            time.sleep(0.0005)
        raise EdgeletError(f"{self.name} does not answer: {self._last_line()}")

    def _last_line(self) -> str:
        log = self.folder / "output.log"
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return lines[-1] if lines else "it says nothing"


class Program(Peer):
    """A server that a command starts."""

    @abstractmethod
    def command(self) -> list[str | Path]:
        """What starts it."""

    def variables(self) -> dict[str, str]:
        """The environment of its own."""
        return {}

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start its process, which ends with stop()."""
        log = self.running.enter_context((self.folder / "output.log").open("ab"))
        command, environment = self.command(), self.variables()
        return self.running.enter_context(child(command, subprocess.DEVNULL, log, log, environment=environment))


def output_of(*command: str | Path) -> str:
    """What a program prints, without the line's end."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
