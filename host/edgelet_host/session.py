"""`edgelet dev`: a local device that follows the sources."""

import contextlib
import secrets
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import click

from edgelet_host.device.certificate import Certificate
from edgelet_host.device.console import Device, DeviceError, connect
from edgelet_host.device.deployment import Deployed, deploy, make_release, url_of
from edgelet_host.device.log import LEVEL_COLORS, log_line
from edgelet_host.device.namespace import Entry, Namespace
from edgelet_host.device.running import LocalDevice, announce
from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import FILE, Project, read_project
from edgelet_host.terminal import say, warn
from edgelet_host.units import size_text, time_text

# How often sources are looked at and the log is fetched. An emulated board is busy for as long with each fetch.
_LOOK_S = 0.2
_EMULATED_LOG_S = 2.0


def snapshot(folder: Path) -> dict[Path, tuple[int, int]]:
    """Tell the state of a project's files: path -> (time, size)."""
    state = {}
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if not any(part.startswith(".") or part == "node_modules" for part in parts):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            if path.is_file():
                state[path] = (stat.st_mtime_ns, stat.st_size)
    return state


class Session:
    """One run of `edgelet dev` or `edgelet serve`: the device and the projects on it."""

    def __init__(
        self, local: LocalDevice, firmware: Path, folders: Sequence[Path], certificate: Certificate | None = None
    ) -> None:
        self._local = local
        self._certificate = certificate
        self._certificate_state = certificate and certificate.state()
        self._firmware = firmware
        self._states = {folder: snapshot(folder) for folder in folders}
        self._next_log = 0
        self._log_s = _EMULATED_LOG_S if local.emulated else _LOOK_S
        self._fetched = 0.0

    @property
    def port(self) -> str:
        """The device's console."""
        return self._local.port

    def deploy(self, folder: Path) -> None:
        """Deploy a project; say how it went."""
        started = time.monotonic()
        try:
            project = read_project(folder)
            release = make_release(project, self._firmware)
            for line in release.warnings:
                warn(line)
            # The console is held for a moment only, so that other commands can talk to this device.
            with connect(self._local.port) as device:
                self._print_log(device)
                deployed = deploy(device, release)
                make_secrets(device, project.name, deployed.missing_secrets)
                fill_kv(device, project)
                self._print_log(device)
        except EdgeletError as e:
            click.secho(f"Error: {e.format_message()}", fg="red", err=True)
            say("Waiting for the next change ...")
            return
        if deployed.missing_secrets:
            say(f"{project.name}: made up secrets for this device: {', '.join(deployed.missing_secrets)}")
        self._say_ready(project, deployed, time.monotonic() - started)

    def _say_ready(self, project: Project, deployed: Deployed, seconds: float) -> None:
        urls = [url_of(self._local.url, host, route) for host in project.hosts or [""] for route in project.routes]
        size = f"image {size_text(deployed.image_bytes)}" if deployed.image_bytes else "static files only"
        say(f"{project.name} {deployed.id} is ready in {time_text(seconds)} ({size}): {' '.join(urls)}")

    def follow(self) -> None:
        """Redeploy what changes and print the log, until the device ends."""
        while self._local.process.poll() is None:
            for folder, before in self._states.items():
                now = snapshot(folder)
                if now != before:
                    self._states[folder] = now
                    self.deploy(folder)
            self._follow_certificate()
            if time.monotonic() - self._fetched >= self._log_s:
                self._fetch_log()
                self._fetched = time.monotonic()
            time.sleep(_LOOK_S)
        raise EdgeletError(f"the local device ended with status {self._local.process.returncode}: see its device.log")

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

    def _fetch_log(self) -> None:
        # Another program may have the console; what was not fetched comes the next time.
        with contextlib.suppress(DeviceError), connect(self._local.port, wait_s=0) as device:
            self._print_log(device)

    def _print_log(self, device: Device) -> None:
        """Print the log records since the last time. Set the clock of a board that has started since then."""
        answer = device.call("logs", self._next_log)
        if not answer["clock_set"]:
            device.call("set_clock", round(time.time()))
            answer = device.call("logs", 0)
        for record in answer["records"]:
            self._next_log = record["seq"] + 1
            click.secho(log_line(record), fg=LEVEL_COLORS.get(record["level"]))


def make_secrets(device: Device, function: str, names: Sequence[str]) -> None:
    """Give a function on a development device random values for secrets."""
    if names:
        values = {name: secrets.token_urlsafe(48) for name in names}
        device.wait_for_job(device.call("set_secrets", function, values))


def fill_kv(device: Device, project: Project) -> None:
    """Put what the project has for development into KV on a development device, where a key is not there."""
    for binding, pairs in project.dev_kv.items():
        namespace = Namespace(device, project.name, binding)
        for key, value in pairs.items():
            if namespace.get(key) is None:
                namespace.put([Entry(key, value)])


def run(firmware: Path, folders: Sequence[Path], data: Path, host: str, port: int, board: str | None) -> None:
    """Serve the projects in `folders` until Ctrl-C, on this machine or on an emulated board."""
    for folder in folders:
        if not (folder / FILE).exists():
            read_project(folder)
    data.mkdir(parents=True, exist_ok=True)
    with _start(board, firmware, data, host, port) as local, announce(local, "edgelet dev"):
        _attend(Session(local, firmware, folders), folders, f"edgelet dev: {local.url}")


def _start(
    board: str | None, firmware: Path, data: Path, host: str, port: int
) -> contextlib.AbstractContextManager[LocalDevice]:
    if board is None:
        from edgelet_host.device.local import start

        return start(firmware, data / "device", host, port, data / "device.log")
    from edgelet_host import emulator

    return emulator.start(data / board, host, port, data / f"{board}.log")


def serve(firmware: Path, data: Path, host: str, port: int, certificate: Certificate | None, workers: int = 1) -> None:
    """Serve what was deployed to the device whose files are in `data`, until SIGTERM or Ctrl-C.

    certificate: where given, by https. workers: how many processes do so.
    """
    from edgelet_host.device.local import start

    data.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    log = data / "device.log"
    with start(firmware, data, host, port, log, certificate, workers) as local, announce(local, "edgelet serve"):
        _attend(Session(local, firmware, [], certificate), [], f"edgelet serve: {local.url}")


def _attend(session: Session, folders: Sequence[Path], title: str) -> None:
    try:
        for folder in folders:
            session.deploy(folder)
        say(f"{title}  (console: {session.port}, Ctrl-C stops)")
        session.follow()
    except KeyboardInterrupt:
        say("\nStopped.")
