"""edgelet as pip installs it, run by a user who has nothing else."""

import contextlib
import http.client
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from device_helpers import write_script
from edgelet_host.firmware import uf2
from edgelet_host.paths import BOARD_FIRMWARE, LINUX_FIRMWARE, ROOT

NOBODY = 65534
BOARD = "EDGELET_PICO"
# Of a board's firmware, where no release's is tried.
CONTENT = os.urandom(100_000)
# What is for any computer, in place of a kind of computer.
ANY = "any"
QEMU = {"aarch64": "qemu-aarch64-static", "armv7l": "qemu-arm-static"}

# The system's own interpreter, which every user can run.
_PYTHON = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
# What edgelet runs of the system (util-linux).
_PROGRAMS = ("setpriv",)


def machine_of(wheel: Path) -> str:
    """Give the kind of computer that a wheel is for."""
    return re.sub(r"^(manylinux|musllinux)_\d+_\d+_|^linux_", "", wheel.stem.split("-")[-1].split(".")[0])


def listen(lines: Iterator[str], beginning: str) -> None:
    """Read what a command prints up to the line that begins so."""
    read = []
    for line in lines:
        read.append(line)
        if line.startswith(beginning):
            return
    raise AssertionError("".join(read))


def ask(port, method, path, body=None, **headers):
    """What a function answers: its status, and the JSON or text in its body."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.request(method, path, body, headers)
    response = client.getresponse()
    text = response.read().decode()
    return response.status, json.loads(text) if response.headers.get_content_type() == "application/json" else text


@dataclass
class Installed:
    """A virtual environment, a home folder, and few programs in PATH. machine: whose wheel is in it."""

    folder: Path
    machine: str

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def pip(self) -> list[str]:
        return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(self.folder / "bin/python")]

    @property
    def prebuilt(self) -> Path:
        (found,) = self.folder.glob("lib/python*/site-packages/edgelet_host/checkout/prebuilt")
        return found

    def install(self, wheel: Path) -> None:
        """Make the environment, with the versions of packages that the tests have."""
        subprocess.run([_PYTHON, "-m", "venv", "--without-pip", self.folder], check=True)
        versions = re.findall(r"^[\w.-]+==\S+", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE)
        constraints = self.folder / "constraints.txt"
        constraints.write_text("\n".join(versions))
        if self.machine not in (ANY, platform.machine()):
            # pip goes by the name.
            wheel = Path(shutil.copy(wheel, self.folder / re.sub(r"[^-]*\.whl$", "any.whl", wheel.name)))
        command = [*self.pip, "install", "--quiet", "--no-compile", "--constraint", constraints, wheel]
        subprocess.run(command, check=True)
        if self.machine not in (ANY, platform.machine()):
            self._emulate()
        programs = self.folder / "programs"
        for new in (programs, self.home):
            new.mkdir()
        for name in _PROGRAMS:
            (programs / name).symlink_to(shutil.which(name))
        if os.geteuid() == 0:
            os.chown(self.home, NOBODY, NOBODY)

    def _emulate(self) -> None:
        """Put an emulator before the firmware, and a program that starts both in the firmware's place."""
        firmware = self.prebuilt / LINUX_FIRMWARE
        firmware.rename(firmware.with_suffix(".real"))
        shutil.copy(shutil.which(QEMU[self.machine]), self.prebuilt)
        write_script(firmware, f'exec {" ".join(map(str, self.firmware_parts()))} "$@"')

    def firmware_parts(self) -> list[Path]:
        """Give the programs that run the firmware: where it is another machine's, the emulator first."""
        if self.machine in (ANY, platform.machine()):
            return [self.prebuilt / LINUX_FIRMWARE]
        return [self.prebuilt / QEMU[self.machine], self.prebuilt / f"{LINUX_FIRMWARE}.real"]

    def board_content(self) -> bytes:
        """Give what the board's firmware begins with in flash."""
        image = self.prebuilt / BOARD_FIRMWARE.format(BOARD)
        return uf2.parse(image.read_bytes(), image.name).parts[0][1]

    def run(self, *args: object, user: int | None = NOBODY, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self._command(*args), **self._surroundings(user, environment), capture_output=True, text=True, check=False
        )

    def ok(self, *args: object, user: int | None = NOBODY, **environment: str) -> str:
        """Run a command that must succeed; its stdout."""
        done = self.run(*args, user=user, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, program: Path) -> str:
        """Run a program with the environment's Python; what it printed."""
        command = [self.folder / "bin" / "python", program]
        done = subprocess.run(command, **self._surroundings(NOBODY, {}), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextlib.contextmanager
    def running(self, *args: object) -> Iterator[Iterator[str]]:
        """Run a command that stays, and stop it as Ctrl-C does. Gives the lines that it prints."""
        with subprocess.Popen(
            self._command(*args),
            **self._surroundings(NOBODY, {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            try:
                yield iter(process.stdout)
            finally:
                process.send_signal(signal.SIGINT)
                rest, _ = process.communicate()
            assert process.returncode == 0, rest

    def _command(self, *args: object) -> list[str]:
        return [str(self.folder / "bin" / "edgelet"), *map(str, args)]

    def _surroundings(self, user: int | None, environment: dict[str, str]) -> dict[str, object]:
        known = {"HOME": str(self.home), "PATH": str(self.folder / "programs"), "LC_ALL": "C.UTF-8"} | environment
        return {"cwd": self.home, "env": known, "user": user if os.geteuid() == 0 else None}
