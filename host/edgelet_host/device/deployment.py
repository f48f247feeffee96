"""Deploys a project to a device: compile, send what the device lacks, activate."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from edgelet_host import __version__
from edgelet_host.device import health
from edgelet_host.device.console import Device, DeviceError
from edgelet_host.device.invocation import Answer, Request, invoke
from edgelet_host.device.refusals import check_files, check_header, possibly_too_large, surely_too_large
from edgelet_host.project.bundle import compile_project
from edgelet_host.project.config import Project
from edgelet_host.project.roots import read_roots
from edgelet_host.runtime import protocol

# Paths inside a release: the bundle's, and that of the certificates that it trusts.
MAIN = "main.qjs"
ROOTS = "roots.der"

_HEALTH_S = 10


@dataclass(frozen=True)
class Release:
    """A release as it goes to a device.

    host, route: the first ones, host "" for every one, the route as people open it. asked: the path of the request that
    is sent when it is active; no static file's, where there is a handler to answer it. memory: the limit that the
    project sets, 0 for the device's. manifest: see device/lib/edgelet/storage/manifest.py. files: by their SHA-256.
    secrets: names of those that the function needs. warnings: one line each, for people. explain: puts places in the
    author's files into a text that has places of the bundle. compiler: of that; the Linux firmware, where that runs
    here.
    """

    function: str
    host: str
    route: str
    asked: str
    memory: int
    manifest: bytes
    files: dict[str, bytes]
    bundle_bytes: int
    secrets: list[str]
    warnings: list[str]
    explain: Callable[[str], str]
    compiler: Path


@dataclass(frozen=True)
class Deployed:
    """What a deploy came to.

    image_bytes and memory: size of the image and the limit it has to fit into. missing_secrets: names of those that the
    function needs and the device lacks. clock_set: whether the device knows the time. url: of the first route, "" where
    the device has no address. thrown: the error where the handler threw at the request that the deploy sent, else "".
    """

    id: str
    sent_files: int
    sent_bytes: int
    image_bytes: int
    memory: int
    missing_secrets: list[str]
    clock_set: bool
    url: str = ""
    thrown: str = ""


def make_release(project: Project, firmware: Path, everywhere: bool = False) -> Release:
    """Compile the project and put its release together. Raises EdgeletError where no device would take it.

    everywhere: under every host name, whatever the project says.
    """
    # Before anything is read, which may take long.
    check_header(project, _header(project, ""))
    if everywhere:
        project = replace(project, hosts=[])
    contents = {path: file.read_bytes() for path, file in project.static_files().items()}
    if "roots" in project.fetch:
        contents[ROOTS] = read_roots(project)
    engine = ""
    explain: Callable[[str], str] = str
    warnings: list[str] = []
    if project.main:
        compiled = compile_project(project, firmware)
        contents[MAIN] = compiled.data
        engine, explain, warnings = compiled.engine, compiled.explain, compiled.warnings
    lines = [json.dumps(_header(project, engine))]
    files = {}
    for path in sorted(contents, key=lambda path: path.encode()):
        data = contents[path]
        digest = hashlib.sha256(data).hexdigest()
        files[digest] = data
        lines.append(_file_line(path, digest, len(data)))
    text = ("\n".join(lines) + "\n").encode()
    check_files(project, text)
    host = project.hosts[0] if project.hosts else ""
    route = project.entrances()[0]
    asked = f"{project.routes[0].rstrip('/')}/{hashlib.sha256(text).hexdigest()[:16]}"
    return Release(
        project.name,
        host,
        route,
        asked if project.main and project.static else route,
        project.limits.get("memory", 0),
        text,
        files,
        len(contents.get(MAIN, b"")),
        project.secrets,
        warnings,
        explain,
        firmware,
    )


def _header(project: Project, engine: str) -> dict[str, Any]:
    """Give the manifest's header: see device/lib/edgelet/storage/manifest.py."""
    header: dict[str, Any] = {
        "function": project.name,
        "engine": engine,
        "main": MAIN if project.main else "",
        "hosts": project.hosts,
        "routes": project.routes,
        "limits": project.limits,
        "vars": project.vars,
        "bindings": project.bindings,
        "static": project.static,
        "created_by": f"edgelet {__version__}",
    }
    if project.fetch:
        header["fetch"] = project.fetch | ({"roots": ROOTS} if "roots" in project.fetch else {})
    if project.client_header:
        header["client_header"] = project.client_header
    return header


def _file_line(path: str, digest: str, size: int) -> str:
    return json.dumps([path, digest, size], ensure_ascii=False, separators=(",", ":"))


class Rehearsal(NamedTuple):
    """What a device would do with a release: sizes of the files that it lacks; why it may refuse it all the same."""

    sizes: list[int]
    doubt: str


def rehearse(device: Device, release: Release) -> Rehearsal:
    """Ask a device whether it would take a release, and change nothing in service.

    It looks at sizes, space, engine, names, and the routes of its other functions. The image is built on this computer.
    Raises EdgeletError where the device would refuse it.
    """
    _, missing = _announce(device, release)
    return Rehearsal([size for _, size in missing], check_image(device, release))


def _announce(device: Device, release: Release) -> tuple[str, list[tuple[str, int]]]:
    """Send the manifest; the folder for files, and (SHA-256, size) of each that the device lacks."""
    folder = device.call("begin", release.function)
    device.write_file(f"{folder}/manifest", release.manifest)
    return folder, device.wait_for_job(device.call("missing", release.function))


def check_image(device: Device, release: Release) -> str:
    """Build the image on this computer. Raises EdgeletError where it does not start, or is too large for the device.

    Gives why the device may find it too large all the same, or "".
    """
    from edgelet_host.device.trial import code_size, image_size

    status = device.call("status")
    arena = status["arena_bytes"]
    if status["platform"] != "linux":
        limit = min(release.memory or arena, arena)
    else:
        limit = min(release.memory or device.call("settings")["all"]["memory"] or arena, arena)
    image = image_size(release)
    if status["platform"] == "linux":
        # It is this computer.
        if image > limit:
            raise DeviceError(_too_large(limit, release))
    elif release.bundle_bytes:
        # An RP2's largest image slot is as large as its arena.
        flash = arena if status["platform"] == "rp2" else 0
        code = code_size(release)
        if problem := surely_too_large(image, code, release.bundle_bytes, limit, flash=flash):
            raise DeviceError(problem)
        return possibly_too_large(image, code, limit, flash=flash)
    return ""


def deploy(
    device: Device,
    release: Release,
    progress: Callable[[int, int], None] = lambda sent, total: None,
    measured: Callable[[int, int], None] = lambda image_bytes, memory: None,
) -> Deployed:
    """Bring a release into service.

    progress is told how many of how many bytes are sent; measured, before the last step, the image's size on the device
    and the limit that it has to fit into.

    Until the last step the device serves the old release, whatever happens. Raises EdgeletError.
    """
    name = release.function
    folder, missing = _announce(device, release)
    if missing and device.call("status")["platform"] != "linux":
        # To send it may take minutes.
        check_image(device, release)
    total = sum(size for _, size in missing)
    done = 0
    for digest, size in missing:
        device.write_file(f"{folder}/{digest}", release.files[digest], partial(_report, progress, done, total))
        done += size
    identity = device.wait_for_job(device.call("commit", name))
    staged = stage(device, release, identity)
    measured(staged["image_bytes"], staged["memory"])
    device.wait_for_job(device.call("activate", name, identity))
    there = {secret for secret, _ in device.call("secrets", name)}
    lacking = [secret for secret in release.secrets if secret not in there]
    clock_set = device.call("status")["clock_set"]
    return Deployed(identity, len(missing), total, staged["image_bytes"], staged["memory"], lacking, clock_set)


def stage(device: Device, release: Release, identity: str) -> dict[str, int]:
    """Have the device build the image; {image_bytes, memory}. Raises DeviceError where it does not fit."""
    try:
        staged: dict[str, int] = device.wait_for_job(device.call("stage", release.function, identity))
    except DeviceError as e:
        if e.error.get("code") != protocol.IMAGE_TOO_LARGE:
            raise DeviceError(release.explain(str(e)), e.error) from None
        limit = e.error["limit"]
        # The innermost place in the sources.
        stack = e.error.get("stack", "").splitlines()
        place = next((f"\n{line}" for line in stack if re.search(r":\d+:\d+\)", line)), "")
        raise DeviceError(release.explain(f"{_too_large(limit, release)}{place}")) from None
    return staged


def _too_large(limit: int, release: Release) -> str:
    whose = "limits.memory in edgelet.toml" if limit == release.memory else "what this device has for a function"
    advice = "raise limits.memory, up to the device's arena, import less, or keep less at the top level"
    return f"the image needs more than {limit} bytes, {whose}: {advice}"


def _report(progress: Callable[[int, int], None], before: int, total: int, sent: int) -> None:
    progress(before + sent, total)


def deploy_and_check(
    device: Device,
    release: Release,
    url: str = "",
    progress: Callable[[int, int], None] = lambda sent, total: None,
    measured: Callable[[int, int], None] = lambda image_bytes, memory: None,
) -> Deployed:
    """Deploy, and see that the device and the function answer; else go back to the release before.

    url: of the device's server, "" where only the device knows. progress, measured: see `deploy`.
    """
    before = {one["id"] for one in device.call("releases", release.function) if one["active"]}
    deployed = deploy(device, release, progress, measured)
    address = device.call("status")["address"]
    base = url or (address and f"http://{address}")
    # Events may have no end.
    answer = invoke(device, release.function, Request("GET", release.asked, whole=False))
    problem = _function_problem(answer) or _server_problem(base, bool(url))
    if problem is None:
        return replace(
            deployed, url=base and url_of(base, release.host, release.route), thrown=_thrown(answer, release)
        )
    if before - {deployed.id}:
        device.wait_for_job(device.call("rollback", release.function, before.pop()))
        raise DeviceError(f"release {deployed.id} does not come up ({problem}); the one before is active again")
    raise DeviceError(f"release {deployed.id} does not come up ({problem}); there is none before it to go back to")


def url_of(base: str, host: str, route: str) -> str:
    """Give the URL of a route under a host, "" for any, on a server with the URL `base`."""
    scheme, _, address = base.partition("://")
    own, colon, port = address.rpartition(":") if ":" in address else (address, "", "")
    host = host or ("localhost" if own == "0.0.0.0" else own)
    return f"{scheme}://{host}{colon}{port}{route}"


def _is_thrown(answer: Answer) -> bool:
    """Whether the handler threw. It is at work all the same, and may well expect another request."""
    return answer.failure in protocol.THROWN


def _thrown(answer: Answer, release: Release) -> str:
    return _error(answer, release.explain) if _is_thrown(answer) else ""


def _error(answer: Answer, explain: Callable[[str], str] = str) -> str:
    """Give the last error that the log has of a request."""
    errors = [explain(record["text"]).splitlines()[0] for record in answer.logs if record["level"] == "error"]
    return errors[-1] if errors else f"status {answer.status}"


def _function_problem(answer: Answer) -> str | None:
    """Look at an answer. What a function answers is its own business, but the device must not have to do it."""
    return _error(answer) if answer.failure and not _is_thrown(answer) else None


def _server_problem(base: str, is_reachable: bool) -> str | None:
    """Ask for /healthz, where the server has a URL. is_reachable: from here; else it need not answer."""
    if not base:
        return None
    try:
        health.ask(base, _HEALTH_S)
    except TimeoutError:
        return f"no answer to /healthz within {_HEALTH_S} s" if is_reachable else None
    except OSError as e:
        return f"no answer to /healthz: {e}" if is_reachable else None
    except health.UnhealthyError as e:
        return str(e)
    return None
