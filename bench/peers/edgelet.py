"""edgelet: the firmware for Linux as `edgelet serve` runs it, with a function for each row."""

import subprocess
import time

from device_helpers import write_project
from edgelet_host import __version__
from edgelet_host.device.console import Device, connect
from edgelet_host.device.deployment import deploy, make_release
from edgelet_host.device.local import start
from edgelet_host.device.running import LocalDevice
from edgelet_host.firmware.builds import ensure_unix
from edgelet_host.project.config import read_project

from .peer import APPS, FirstAnswer, Peer


class Edgelet(Peer):
    """Ours."""

    name = "edgelet"
    rows = ("hello", "echo", "verify", "sign", "static", "stream", "get", "put", "fetch", "connection")
    _local: LocalDevice
    _deploys = 0

    def prepare(self) -> None:
        """Build the firmware, and deploy the functions."""
        self._firmware = ensure_unix()
        self.launch()
        with connect(self._local.port) as device:
            for name in ("hello", "echo", "stream"):
                self.deploy_function(device, name, (APPS / f"{name}.js").read_text())
            for name in ("verify", "sign"):
                source = (APPS / "edgelet" / f"{name}.js").read_text()
                self.deploy_function(device, name, source, vars={"SECRET": self.site.secret})
            source = (APPS / "edgelet" / "kv.js").read_text()
            self.deploy_function(device, "kv", source, bindings={"KV": {"type": "kv"}})
            source, upstream = (APPS / "fetch.js").read_text(), self.site.upstream
            allowed = {"allow": [upstream.split("/")[2]]}
            self.deploy_function(device, "fetch", source, vars={"UPSTREAM": upstream}, fetch=allowed)
            self._deploy_file(device)
        self.stop()

    def _deploy_file(self, device: Device) -> None:
        files = {"public/file.txt": self.site.file.read_text()}
        project = write_project(
            self.folder / "projects" / "static", "static", files, route="/static", static={"folder": "public"}
        )
        deploy(device, make_release(read_project(project), self._firmware))

    def deploy_function(self, device: Device, name: str, source: str, **fields: object) -> None:
        """Deploy a function that is its source, at the path of its name."""
        project = write_project(self.folder / "projects" / name, name, {"main.js": source}, route=f"/{name}", **fields)
        deploy(device, make_release(read_project(project), self._firmware))

    @property
    def version(self) -> str:
        """That of the command line."""
        return __version__

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start the device."""
        log = self.folder / "device.log"
        self._local = self.running.enter_context(
            start(self._firmware, self.folder / "device", "127.0.0.1", self.port, log)
        )
        return self._local.process

    def deploy(self) -> FirstAnswer:
        """Deploy a new version of a function, while the device serves."""
        self._deploys += 1
        text = f"version {self._deploys}"
        with connect(self._local.port) as device:
            began = time.perf_counter()
            self.deploy_function(device, "cold", f'export default {{ fetch() {{ return new Response("{text}"); }} }};')
            return self.first_answer(began, "/cold", text.encode())
