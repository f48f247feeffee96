"""Handlers that use npm packages, on a device and in Node.js: tests/packages."""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_signature import problem
from device_helpers import Box, running, write_project
from edgelet_host.device.deployment import deploy, make_release
from edgelet_host.paths import ROOT
from edgelet_host.project.config import Project, read_project
from npm_helpers import installed
from upstream import Upstream, response

FOLDER = ROOT / "tests" / "packages"
HANDLERS = FOLDER / "handlers"
NAMES = sorted(path.stem for path in HANDLERS.glob("*.js"))
#: What they sign requests with that must be signed.
AWS_SECRET = "wJalrXUtnFEMI"


@dataclass(frozen=True)
class Deployed:
    """One of the handlers, at work. bundle: what the device has of it. image_bytes: the image of that, there."""

    bundle: bytes
    image_bytes: int


@dataclass(frozen=True)
class Answer:
    """What the device answers. headers: (name, value) in lower case, as often as they are there."""

    status: int
    headers: list[tuple[str, str]]
    body: str


@dataclass(frozen=True)
class Packages:
    """A device, the server that handlers fetch from, and for each handler what its file and Node.js say.

    reference: {project, lacks, requests, answers}. project: fields of edgelet.toml; `files` beside the handler;
    `upstream` where it fetches from that server. lacks: {error, why} of a package that does not run: the error, and
    what the device lacks for it.
    """

    box: Box
    upstream: Upstream
    reference: dict[str, dict[str, Any]]

    def deploy(self, name: str) -> Deployed:
        """Deploy a handler in place of the one before."""
        release = make_release(self.project(name), self.box.firmware)
        deployed = deploy(self.box.device, release)
        bundle = next(data for data in release.files.values() if len(data) == release.bundle_bytes)
        return Deployed(bundle, deployed.image_bytes)

    def project(self, name: str) -> Project:
        """Make a project of a handler."""
        said = self.reference[name]["project"]
        fields = {key: value for key, value in said.items() if key not in ("upstream", "files")}
        if said.get("upstream"):
            fields["fetch"] = {"allow": [f"127.0.0.1:{self.upstream.port}"]}
            fields["vars"] = {**fields.get("vars", {}), "UPSTREAM": self.upstream.url}
        source = (HANDLERS / f"{name}.js").read_text()
        shape = "handler" if re.search(r"^export const handler\b", source, re.MULTILINE) else "default"
        files = {
            "main.js": f'export {{ {shape} }} from "./{name}.js";\n',
            f"{name}.js": source,
            **said.get("files", {}),
        }
        return read_project(write_project(self.box.folder / name, "package", files, **fields))

    def ask(self, request: dict[str, Any]) -> Answer:
        """Ask the device for what a handler's file says."""
        body = request.get("body")
        connection = self.box.connection()
        try:
            connection.request(
                request.get("method", "GET"),
                request["path"],
                body.encode() if body is not None else None,
                request.get("headers", {}),
            )
            answer = connection.getresponse()
            headers = [(name.lower(), value) for name, value in answer.getheaders()]
            return Answer(answer.status, headers, answer.read().decode())
        finally:
            connection.close()


@contextmanager
def running_packages(firmware: Path, folder: Path) -> Iterator[Packages]:
    """Start a device and a server that handlers fetch from, and ask Node.js."""
    there = installed(FOLDER)
    with Upstream(_serve) as upstream, running(firmware, folder) as box:
        box.folder.mkdir()
        (box.folder / "node_modules").symlink_to(there / "node_modules")
        yield Packages(box, upstream, _ask_node(there, box, upstream))


def _ask_node(there: Path, box: Box, upstream: Upstream) -> dict[str, dict[str, Any]]:
    # Node.js looks for packages in the folders above a file.
    handlers = box.folder / "node"
    shutil.copytree(HANDLERS, handlers)
    shutil.copy(there / "package.json", handlers)
    base = "http://{}:{}".format(*box.local.address)
    command = ["node", FOLDER / "oracle.mjs", handlers, base, upstream.url]
    # As devices have it.
    environment = os.environ | {"NODE_ENV": "production", "TZ": "UTC"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return answers


def _serve(connection: socket.socket, request: bytes) -> bool:
    """Tell what was asked; below /signed/ whether it is signed as AWS wants that."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    if target.startswith("/signed/"):
        wrong = problem(method, target, headers, body, AWS_SECRET)
        status = "403 Forbidden" if wrong else "200 OK"
        connection.sendall(response((wrong or "signed").encode(), status))
        return True
    told = {"method": method, "target": target, "body": body.decode("latin-1")}
    told |= {name: headers[name] for name in ("content-type", "authorization", "x-asked") if name in headers}
    connection.sendall(response(json.dumps(told).encode(), content_type="application/json"))
    return True
