"""The command line as its users run it: piped, and in a terminal."""

import json
import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device_helpers import free_port, write_project, write_script
from edgelet_host.device.local import start
from edgelet_host.device.running import LocalDevice

ROOT = Path(__file__).resolve().parents[2]


# What the commands import must be in memory before: that user may not look into a virtual environment of root's.
AS_NOBODY = """
import os, sys
import serial.tools.list_ports
from edgelet_host.bootloader import esptool, flashing
from edgelet_host.device import console, targets
from edgelet_host.firmware import uf2
from edgelet_host.cli import main
all(main.commands.values())
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
main(sys.argv[1:], prog_name="edgelet")
"""


@dataclass
class Result:
    """How a command ended. In a terminal all that it printed is in `out`."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.status == 0, self.err
        return json.loads(self.out)


@dataclass
class Cli:
    """Runs commands with configuration and runtime folders of their own, on one device."""

    folder: Path
    device: str | None = None
    everything: list[str] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        (self.folder / "run").mkdir(exist_ok=True)
        environment = os.environ | {
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "host"), os.environ.get("PYTHONPATH", "")]),
            "TERM": "xterm",
            # Whoever needs a proxy reaches a device here without.
            "no_proxy": "localhost,127.0.0.1",
        }
        # COLUMNS is that of the terminal that the tests run in, NO_COLOR its owner's wish.
        for variable in ("EDGELET_DEVICE", "COLUMNS", "NO_COLOR"):
            environment.pop(variable, None)
        if self.device:
            environment["EDGELET_DEVICE"] = self.device
        return environment

    def command(self, *args: str | Path) -> list[str]:
        return [sys.executable, "-m", "edgelet_host", *map(str, args)]

    def run(self, *args: str | Path, stdin: str = "", cwd: Path | None = None) -> Result:
        """Run a command with its input and output piped."""
        done = subprocess.run(
            self.command(*args),
            input=stdin,
            env=self.environment(),
            cwd=cwd or self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        self.everything += [done.stdout, done.stderr, " ".join(map(str, args))]
        return Result(done.returncode, done.stdout, done.stderr)

    def as_nobody(self, *args: str | Path) -> Result:
        """Run a command as a user who owns nothing, or where this is no root, as the present one."""
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, *map(str, args)],
            env=self.environment() | {"XDG_CONFIG_HOME": "/nonexistent", "XDG_RUNTIME_DIR": "/nonexistent"},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def fails(self, *args: str | Path, stdin: str = "", cwd: Path | None = None) -> str:
        """Run a command that must fail with status 1 and a short message; that message."""
        done = self.run(*args, stdin=stdin, cwd=cwd)
        assert done.status == 1, done
        assert done.err.startswith("Error: ")
        assert len(done.err.splitlines()) <= 2
        return done.err

    def ok(self, *args: str | Path, stdin: str = "", cwd: Path | None = None) -> str:
        """Run a command that must succeed; its stdout."""
        done = self.run(*args, stdin=stdin, cwd=cwd)
        assert done.status == 0, done.err
        return done.out

    def npm(self, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run npm in a project, with `edgelet` in PATH, and no device that is meant."""
        program = self.folder / "bin" / "edgelet"
        program.parent.mkdir(exist_ok=True)
        write_script(program, f'exec {sys.executable} -m edgelet_host "$@"')
        environment = self.environment() | {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
        environment.pop("EDGELET_DEVICE", None)
        return subprocess.run(["npm", *args], cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    def terminal(
        self,
        *args: str | Path,
        answers: dict[str, str] | Sequence[tuple[str, str]] = (),
        cwd: Path | None = None,
        columns: int = 80,
        **environment: str,
    ) -> Result:
        """Run a command in a terminal. answers: (what it prints, what to type then), each once, in order."""
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, columns))
        process = subprocess.Popen(
            self.command(*args),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=self.environment() | environment,
            cwd=cwd or self.folder,
            start_new_session=True,
        )
        os.close(slave)
        out = converse(master, list(answers.items() if isinstance(answers, dict) else answers))
        os.close(master)
        self.everything.append(out)
        return Result(process.wait(), out, "")


def converse(master: int, answers: list[tuple[str, str]]) -> str:
    """Read what a terminal shows until its other end is closed, and answer its questions."""
    out = b""
    unread = 0
    while True:
        select.select([master], [], [])
        try:
            out += os.read(master, 4096)
        except OSError:
            assert not answers, f"it never asked {answers[0][0]!r}: {out!r}"
            return out.decode()
        while answers and (found := out.find(answers[0][0].encode(), unread)) >= 0:
            unread = found + len(answers[0][0].encode())
            os.write(master, answers.pop(0)[1].encode())


def as_board(firmware: Path, folder: Path, program: str, **environment: str | Path) -> Path:
    """Make a firmware that runs a program of support/board instead of the runtime, with that folder's modules first."""
    board, storage = ROOT / "tests" / "support" / "board", ROOT / "tests" / "storage" / "device"
    # A board knows no time zone.
    lines = ["export TZ=UTC", *(f"export {name}={value}" for name, value in environment.items())]
    # In place of `-m edgelet.runtime`.
    lines += ["shift 2", f'MICROPYPATH={board}:{storage}:.frozen exec {firmware} {board / program} "$@"']
    return write_script(folder / program.replace(".py", ".sh"), *lines)


@contextmanager
def local_device(firmware: Path, folder: Path, **settings: Any) -> Iterator[LocalDevice]:
    """Start a device that nobody is connected to."""
    data = folder / "device"
    data.mkdir(parents=True, exist_ok=True)
    (data / "settings.json").write_text(json.dumps(settings))
    with start(firmware, data, "127.0.0.1", free_port(), folder / "device.log") as local:
        yield local


GREETING = """export default { fetch(request, env) {
  console.log("asked");
  return new Response(`${request.method} ${new URL(request.url).pathname} ${env.WHO} ${env.KEY}`);
} };
"""


def greeting(folder: Path, name: str, **fields: Any) -> Path:
    """Make a project that answers with what it was asked and the variables WHO and KEY; its route is /NAME."""
    return write_project(folder / name, name, {"main.js": GREETING}, route=f"/{name}", **fields)
