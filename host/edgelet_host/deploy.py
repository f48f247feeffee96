"""Deploys a project to a device: compile, send what the device lacks, activate."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edgelet_host import bundle
from edgelet_host.device import Device
from edgelet_host.project import Project

# The bundle's path inside a release.
MAIN = "main.qjs"


@dataclass(frozen=True)
class Release:
    """A release as it goes to a device: the manifest (device/lib/edgelet/manifest.py), and files by their SHA-256."""

    function: str
    manifest: bytes
    files: dict[str, bytes]
    bundle_bytes: int


@dataclass(frozen=True)
class Deployed:
    """What a deploy came to. image_bytes and memory: size of the image and the limit it has to fit into."""

    id: str
    sent_files: int
    sent_bytes: int
    image_bytes: int
    memory: int


def make_release(project: Project, firmware: Path) -> Release:
    """Compile the project and put its release together."""
    contents = {path: file.read_bytes() for path, file in project.static_files().items()}
    engine = ""
    if project.main:
        contents[MAIN] = bundle.compile_project(project, firmware)
        engine = bundle.engine_id(contents[MAIN])
    header = {
        "function": project.name,
        "engine": engine,
        "main": MAIN if project.main else "",
        "hosts": project.hosts,
        "routes": project.routes,
        "limits": project.limits,
        "vars": project.vars,
        "bindings": project.bindings,
        "static": project.static,
        "created_by": f"edgelet {_version()}",
    }
    lines = [json.dumps(header)]
    files = {}
    for path in sorted(contents, key=lambda path: path.encode()):
        data = contents[path]
        digest = hashlib.sha256(data).hexdigest()
        files[digest] = data
        lines.append(json.dumps([path, digest, len(data)], ensure_ascii=False, separators=(",", ":")))
    return Release(project.name, ("\n".join(lines) + "\n").encode(), files, len(contents.get(MAIN, b"")))


def _version() -> str:
    try:
        return version("edgelet")
    except PackageNotFoundError:
        return "from source"


def deploy(
    device: Device, release: Release, progress: Callable[[int, int], None] = lambda sent, total: None
) -> Deployed:
    """Bring a release into service. progress is told how many of how many bytes are sent.

    Until the last step the device serves the old release, whatever happens. Raises EdgeletError.
    """
    name = release.function
    folder = device.call("begin", name)
    device.write_file(f"{folder}/manifest", release.manifest)
    missing = device.call("missing", name)
    total = sum(size for _, size in missing)
    done = 0
    for digest, size in missing:
        before = done
        device.write_file(f"{folder}/{digest}", release.files[digest], lambda sent: progress(before + sent, total))  # noqa: B023
        done += size
    identity = device.call("commit", name)
    measured = device.wait_for_job(device.call("activate", name, identity))
    return Deployed(identity, len(missing), total, measured["image_bytes"], measured["memory"])
