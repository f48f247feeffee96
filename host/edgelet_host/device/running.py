"""The local devices that run now: each is a file that is locked as long as the process lives that keeps it running."""

import contextlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from edgelet_host.locks import take
from edgelet_host.paths import cache_dir


@dataclass(frozen=True)
class LocalDevice:
    """A running local device.

    port: the pty that the command line connects to. address: (host, port) of its server. emulated: whether it is a
    board in an emulator, which takes its time. scheme: http or https.
    """

    process: subprocess.Popen[bytes]
    port: str
    address: tuple[str, int]
    emulated: bool = False
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Where its functions are."""
        host, port = self.address
        return f"{self.scheme}://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}"


@dataclass(frozen=True)
class Running:
    """A local device that another command keeps running. title: that command. console: its pty."""

    title: str
    console: str
    url: str
    emulated: bool = False


def _run_dir() -> Path:
    xdg = os.environ.get("XDG_RUNTIME_DIR")
    return Path(xdg) / "edgelet" if xdg else cache_dir() / "run"


@contextmanager
def announce(local: LocalDevice, title: str) -> Iterator[None]:
    """Let other commands find a device while it runs: by a file that is locked as long as this process lives."""
    folder = _run_dir()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{re.sub(r'[^A-Za-z0-9.]+', '-', local.port).strip('-')}.json"
    try:
        with path.open("w", encoding="utf-8") as file:
            take(file)
            json.dump(asdict(Running(title, local.port, local.url, local.emulated)), file)
            file.flush()
            yield
    finally:
        # Windows removes no file that is open.
        path.unlink(missing_ok=True)


def running_devices() -> list[Running]:
    """Give the local devices that run now."""
    found = []
    for path in sorted(_run_dir().glob("*.json")):
        try:
            with path.open(encoding="utf-8") as file:
                # Nobody holds the lock of a process that was killed.
                with contextlib.suppress(BlockingIOError):
                    take(file, wait=False, shared=True)
                    continue
                found.append(Running(**json.load(file)))
        except (OSError, ValueError, TypeError):
            continue
    return found
