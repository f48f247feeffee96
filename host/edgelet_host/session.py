"""`edgelet dev`: a local device that follows the sources."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from edgelet_host.device.certificate import Certificate
from edgelet_host.device.console import Device, DeviceError, connect
from edgelet_host.device.deployment import url_of
from edgelet_host.device.development import Development
from edgelet_host.device.log import LEVEL_COLORS, fetch, fetch_rest, log_line
from edgelet_host.device.projects import Projects
from edgelet_host.device.running import LocalDevice, announce
from edgelet_host.errors import EdgeletError
from edgelet_host.paths import peer_name, prebuilt, this_system
from edgelet_host.project.config import read_project
from edgelet_host.project.dotenv import DEV_VARS
from edgelet_host.terminal import say, warn

# How often sources are looked at and the log is fetched. An emulated board is busy for as long with each fetch.
_LOOK_S = 0.2
_EMULATED_LOG_S = 2.0


def snapshot(folder: Path) -> dict[Path, tuple[int, int]]:
    """Tell the state of a project's files: path -> (time, size)."""
    found = {}
    # Folders that vanish meanwhile are as if they had not been there.
    for top, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "node_modules"]
        for path in (Path(top, name) for name in files):
            if not path.name.startswith(".") or path == folder / DEV_VARS:
                with contextlib.suppress(OSError):
                    state = path.stat()
                    if stat.S_ISREG(state.st_mode):
                        found[path] = (state.st_mtime_ns, state.st_size)
    return found


class Session:
    """One run of `edgelet dev` or `edgelet serve`: the device and the projects on it."""

    def __init__(
        self,
        local: LocalDevice,
        firmware: Path,
        folders: Sequence[Path],
        data: Path,
        certificate: Certificate | None = None,
    ) -> None:
        self._local = local
        # Each device that has this folder has its own.
        notes = data / ("board.json" if local.emulated else "device.json")
        self.projects = Projects(local, firmware, folders, notes, self._print_log)
        # What its process says of itself.
        self._log = data / ("board.log" if local.emulated else "device.log")
        self._certificate = certificate
        self._certificate_state = certificate and certificate.state()
        self._states = {folder: snapshot(folder) for folder in folders}
        self._next_log = 0
        self._log_s = _EMULATED_LOG_S if local.emulated else _LOOK_S
        self._fetched = 0.0

    @property
    def port(self) -> str:
        """The device's console."""
        return self._local.port

    def follow(self) -> None:
        """Redeploy what changes and print the log, until the device ends."""
        while self._local.process.poll() is None:
            now = {folder: snapshot(folder) for folder in self._states}
            changed = [folder for folder, before in self._states.items() if now[folder] != before]
            self._states = now
            if changed:
                self.projects.bring(changed)
            self._follow_certificate()
            if time.monotonic() - self._fetched >= self._log_s:
                if self._fetch_log() and self.projects.held:
                    self.projects.bring(self.projects.held)
                self._fetched = time.monotonic()
            time.sleep(_LOOK_S)
        if not self._local.emulated:
            from edgelet_host.device.local import check_port

            check_port(self._log, self._local.address)
        status = self._local.process.returncode
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        raise EdgeletError(f"the local device ended {how}: see {self._log}, and start it again")

    def _follow_certificate(self) -> None:
        """Have the device take a certificate that was renewed; it keeps the old one until the new one is of use."""
        if self._certificate is None or self._certificate.state() == self._certificate_state:
            return
        # As below: else it is for the next time.
        with contextlib.suppress(DeviceError), connect(self._local.port, wait_s=0) as device:
            self._certificate_state = self._certificate.state()
            try:
                self._certificate.check()
                device.wait_for_job(device.call("load_certificate"))
                say(f"The certificate {self._certificate.cert} was renewed.")
            except EdgeletError as e:
                click.secho(f"Error: {e.format_message()}", fg="red", err=True)

    def _fetch_log(self) -> bool:
        """Print what is new; False where another program has the console: then it comes the next time."""
        with contextlib.suppress(DeviceError), connect(self._local.port, wait_s=0) as device:
            self._print_log(device)
            return True
        return False

    def _print_log(self, device: Device) -> None:
        """Print the log records since the last time. Set the clock of a board that has started since then."""
        answer = device.call("logs", self._next_log)
        if not answer["clock_set"]:
            device.call("set_clock", round(time.time()))
            answer = device.call("logs", 0)
            self._next_log = 0
        records, self._next_log, _ = fetch_rest(device, self._next_log, answer)
        for record in records:
            click.secho(log_line(record), fg=LEVEL_COLORS.get(record["level"]))


def board_instead(compiler: Path) -> str | None:
    """Give the emulated board that runs where the Linux firmware does not, None where that runs.

    compiler: that of bundles. Raises EdgeletError where neither runs.
    """
    if compiler.suffix != ".wasm":
        return None
    others = "a board at USB with 'edgelet deploy', or Linux, whose firmware is much faster"
    if prebuilt(peer_name(this_system())) is None:
        wsl = " (on Windows its subsystem WSL)" if this_system().startswith("windows") else ""
        raise EdgeletError(f"nothing here runs functions on {this_system()}: take {others}{wsl}")
    say(f"No Linux firmware runs here, so this is an emulated Pico. Otherwise take {others}.")
    return "pico"


def run(firmware: Path, folders: Sequence[Path], data: Path, host: str, port: int, board: str | None) -> None:
    """Serve the projects in `folders` until Ctrl-C, on this machine or on an emulated board."""
    data.mkdir(parents=True, exist_ok=True)
    with _start(board, firmware, data, host, port) as local, announce(local, "edgelet dev"):
        _attend(Session(local, firmware, folders, data), folders, f"edgelet dev: {local.url}")


def run_command(firmware: Path, folder: Path, command: Sequence[str], board: str | None) -> int:
    """Run a command beside a device of its own that has the project in `folder`; the command's exit status.

    The command finds the URL of the project's first route in EDGELET_URL, without a slash at its end, and the device's
    console in EDGELET_DEVICE. Where it fails, what the device has logged is printed. Raises EdgeletError.
    """
    # Windows' programs have endings that only a search adds.
    program = shutil.which(command[0])
    if program is None:
        raise EdgeletError(f"there is no program {command[0]}: install it, or name another one")
    project = read_project(folder)
    with tempfile.TemporaryDirectory(prefix="edgelet-") as temporary:
        data = Path(temporary)
        work = Development(project, firmware, data / "notes.json", alone=True)
        for line in work.release.warnings:
            warn(line)
        with _start(board, firmware, data, "127.0.0.1", 0) as local:
            with connect(local.port) as device:
                device.call("set_clock", round(time.time()))
                work.bring(device)
            url = url_of(local.url, "", project.routes[0]).removesuffix("/")
            environment = os.environ | {"EDGELET_URL": url, "EDGELET_DEVICE": local.port}
            try:
                status = subprocess.run([program, *command[1:]], env=environment, check=False).returncode
            except KeyboardInterrupt:
                # The command has it, too.
                return 1
            if status:
                with connect(local.port) as device:
                    for record in fetch(device, 0)[0]:
                        click.secho(log_line(record), fg=LEVEL_COLORS.get(record["level"]), err=True)
    return status


def _start(
    board: str | None, firmware: Path, data: Path, host: str, port: int
) -> contextlib.AbstractContextManager[LocalDevice]:
    if board is None:
        from edgelet_host.device.local import start

        return start(firmware, data / "device", host, port, data / "device.log")
    from edgelet_host import emulator

    return emulator.start(board, data / board, host, port, data / "board.log")


def serve(firmware: Path, data: Path, host: str, port: int, certificate: Certificate | None, workers: int = 1) -> None:
    """Serve what was deployed to the device whose files are in `data`, until SIGTERM or Ctrl-C.

    certificate: where given, by https. workers: how many processes do so.
    """
    from edgelet_host.device.local import start

    data.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    log = data / "device.log"
    with start(firmware, data, host, port, log, certificate, workers) as local, announce(local, "edgelet serve"):
        _attend(Session(local, firmware, [], data, certificate), [], f"edgelet serve: {local.url}")


def _attend(session: Session, folders: Sequence[Path], title: str) -> None:
    try:
        session.projects.bring(folders)
        say(f"{title}  (console: {session.port}, Ctrl-C stops)")
        session.projects.say_next()
        session.follow()
    except KeyboardInterrupt:
        say("\nStopped.")
