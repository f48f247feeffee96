"""A real local device: the Linux firmware on a pty, deployed to as the command line does."""

import http.client
import json
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgelet_host.device.console import Device, connect
from edgelet_host.device.deployment import Deployed, deploy, make_release
from edgelet_host.device.local import start, take_address
from edgelet_host.device.log import fetch
from edgelet_host.device.running import LocalDevice
from edgelet_host.project.config import FILE, read_project

# The last ports that were given, oldest first, and how many.
_given: deque[socket.socket] = deque()
_GIVEN = 100


def free_port() -> int:
    """Give a TCP port that nobody listens on, and that nobody else is given.

    It stays bound here: between this and the moment when somebody listens, the system gives it to no other test. Who
    listens there has set SO_REUSEADDR, as servers do; who connects before is refused.
    """
    bound = take_address("127.0.0.1", 0)
    _given.append(bound)
    if len(_given) > _GIVEN:
        _given.popleft().close()
    port: int = bound.getsockname()[1]
    return port


def with_heap(firmware: Path, folder: Path, heap: str) -> Path:
    """Make a firmware that has a heap of `heap` ("400K", "2M") instead of its own."""
    return write_script(folder / f"heap_{heap}.sh", f'exec {firmware} -X heapsize={heap} "$@"')


def write_script(file: Path, *lines: str) -> Path:
    """Make a shell script that can be executed.

    Another process writes it. One that a thread here starts meanwhile would hold the file that this one has open until
    it executes its own program, and a file that is open for writing cannot be executed (ETXTBSY).
    """
    text = "\n".join(["#!/bin/sh", *lines, ""])
    subprocess.run(["install", "-m", "755", "/dev/stdin", file], input=text, text=True, check=True)
    return file


def toml(value: Any) -> str:
    """Write a value as TOML; tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


def write_project(folder: Path, name: str, files: dict[str, str], **fields: Any) -> Path:
    """Make a project folder."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    lines = [f"{key} = {toml(value)}" for key, value in {"name": name, **fields}.items()]
    (folder / FILE).write_text("\n".join(lines) + "\n")
    return folder


@dataclass
class Response:
    """What a client got."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


def request(
    address: tuple[str, int],
    method: str,
    target: str,
    body: bytes | str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Send a request over a connection of its own."""
    connection = http.client.HTTPConnection(*address)
    try:
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def get(address: tuple[str, int], target: str, **headers: str) -> Response:
    """Send a GET; underscores in header names stand for hyphens."""
    return request(address, "GET", target, headers={name.replace("_", "-"): value for name, value in headers.items()})


class Client:
    """Speaks HTTP to a device."""

    local: LocalDevice

    def connection(self) -> http.client.HTTPConnection:
        """Open a connection to its server."""
        return http.client.HTTPConnection(*self.local.address)

    def request(
        self, method: str, target: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        return request(self.local.address, method, target, body, headers)

    def get(self, target: str, **headers: str) -> Response:
        return get(self.local.address, target, **headers)


@dataclass
class Box(Client):
    """A running device and its console."""

    local: LocalDevice
    device: Device
    firmware: Path
    folder: Path

    def deploy(self, name: str, source: str | dict[str, str], **fields: Any) -> Deployed:
        """Deploy a function from source text."""
        files = {"main.js": source} if isinstance(source, str) else source
        project = write_project(self.folder / name, name, files, **fields)
        return deploy(self.device, make_release(read_project(project), self.firmware))

    def commit(self, name: str, source: str, **fields: Any) -> str:
        """Have the device take a release of a function from source text, which is not in service then; its id."""
        project = write_project(self.folder / name, name, {"main.js": source}, **fields)
        release = make_release(read_project(project), self.firmware)
        folder = self.device.call("begin", name)
        self.device.write_file(f"{folder}/manifest", release.manifest)
        for digest, _ in self.job("missing", name):
            self.device.write_file(f"{folder}/{digest}", release.files[digest])
        identity: str = self.job("commit", name)
        return identity

    def job(self, function: str, *args: Any) -> Any:
        """Start a job on the device and wait for its result."""
        return self.device.wait_for_job(self.device.call(function, *args))

    def logs(self) -> list[dict[str, Any]]:
        """Give all log records that are kept."""
        return fetch(self.device, 0)[0]

    def fire_timers(self, *counts: tuple[str, int]) -> None:
        """Has the timers of the first requests of functions that wait fire at once: (name, how many requests) of each.

        In the order of the functions, and of their requests.
        """
        self.device.execute(_FIRE_TIMERS.format(counts))


_FIRE_TIMERS = """
from edgelet.device import running
for name, count in {}:
    for one in sorted(running().functions.get(name).pending, key=lambda one: one.number)[:count]:
        for timer in list(one._open):
            one._open.pop(timer).cancel()
            one._settle(timer, True, None)
"""


@contextmanager
def running(firmware: Path, folder: Path, *, workers: int = 1, **settings: Any) -> Iterator[Box]:
    """Start a device with these settings; its files are below `folder`, which may be that of an earlier run."""
    data = folder / "device"
    data.mkdir(parents=True, exist_ok=True)
    (data / "settings.json").write_text(json.dumps(settings))
    log = folder / "device.log"
    with start(firmware, data, "127.0.0.1", free_port(), log, None, workers) as local, connect(local.port) as device:
        yield Box(local, device, firmware, folder / "projects")


class Asking(threading.Thread):
    """A keep-alive connection that asks for one thing, again and again, until told to stop."""

    def __init__(self, address: tuple[str, int], target: str, stopped: threading.Event) -> None:
        super().__init__(daemon=True)
        self._address, self._target, self._stopped = address, target, stopped
        self.statuses: list[int] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection(*self._address)
        while not self._stopped.is_set():
            connection.request("GET", self._target)
            response = connection.getresponse()
            response.read()
            self.statuses.append(response.status)
        connection.close()


@contextmanager
def asking(address: tuple[str, int], target: str, count: int) -> Iterator[list[Asking]]:
    """So many connections that ask."""
    stopped = threading.Event()
    askers = [Asking(address, target, stopped) for _ in range(count)]
    for one in askers:
        one.start()
    yield askers
    stopped.set()
    for one in askers:
        one.join()
