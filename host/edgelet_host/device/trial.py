"""A release's image, built on this computer before a device is asked."""

import json
import secrets
import subprocess
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from edgelet_host.device.console import connect
from edgelet_host.device.deployment import MAIN, ROOTS, Release, stage
from edgelet_host.device.refusals import Code
from edgelet_host.errors import EdgeletError
from edgelet_host.runtime import manifest

# How much it is, is told whatever the memory has for it. No code runs.
_READ_CODE = """
import quickjs, sys
with open(sys.argv[1], "rb") as file:
    bundle = file.read()
print(*quickjs.Arena(64 << 20).read_code(0, bytearray(8), bundle, keep=False, code=bytearray(8), cpu_ms=60000))
"""


# What came of each release here, or is under way: devices that get it side by side ask for it at the same time.
_tried: dict[tuple[str, bytes], Future[Any]] = {}
_trying = threading.Lock()

_T = TypeVar("_T")


def image_size(release: Release) -> int:
    """Give the bytes of the image in the Linux firmware; 0 where there is none, or that firmware does not run here.

    Secrets are made up. Raises EdgeletError where the function does not start.
    """
    return _once("image", release, _build, 0)


def code_size(release: Release) -> Code:
    """Give how much of it is the code of functions; 0 where the Linux firmware does not run here."""
    return _once("code", release, _read_code, Code(0, 0))


def _once(what: str, release: Release, work: Callable[[Release], _T], unknown: _T) -> _T:
    if not release.bundle_bytes or release.compiler.suffix == ".wasm":
        return unknown
    with _trying:
        is_first = (what, release.manifest) not in _tried
        tried = _tried.setdefault((what, release.manifest), Future())
    if is_first:
        try:
            tried.set_result(work(release))
        except BaseException as e:
            tried.set_exception(e)
    result: _T = tried.result()
    return result


def _build(release: Release) -> int:
    from edgelet_host.device.local import start

    tried = _alone(release)
    with tempfile.TemporaryDirectory(prefix="edgelet-") as temporary:
        data = Path(temporary)
        with (
            start(release.compiler, data / "device", "127.0.0.1", 0, data / "log") as local,
            connect(local.port) as device,
        ):
            folder = device.call("begin", tried.function)
            device.write_file(f"{folder}/manifest", tried.manifest)
            for digest, _ in device.wait_for_job(device.call("missing", tried.function)):
                device.write_file(f"{folder}/{digest}", tried.files[digest])
            return stage(device, tried, device.wait_for_job(device.call("commit", tried.function)))["image_bytes"]


def _read_code(release: Release) -> Code:
    with tempfile.TemporaryDirectory(prefix="edgelet-") as folder:
        bundle = Path(folder, MAIN)
        bundle.write_bytes(_main(release))
        done = subprocess.run(
            [release.compiler, "-X", "heapsize=64M", "-c", _READ_CODE, bundle],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    if done.returncode != 0:
        raise EdgeletError(f"the bundle cannot be read: {done.stderr.strip().splitlines()[-1]}")
    size, longest = map(int, done.stdout.split())
    return Code(size, longest)


def _main(release: Release) -> bytes:
    files = map(json.loads, release.manifest.decode().splitlines()[1:])
    return next(release.files[digest] for path, digest, _ in files if path == MAIN)


def _alone(release: Release) -> Release:
    """Give the release without static files and the limit of its memory, and with secrets as variables."""
    header, *lines = release.manifest.decode().splitlines()
    given = json.loads(header)
    given["static"] = {}
    given["limits"].pop("memory", None)
    given["hosts"], given["routes"] = [], ["/"]
    made_up = given | {"vars": given["vars"] | {name: secrets.token_urlsafe(48) for name in release.secrets}}
    if len(json.dumps(made_up)) < manifest.HEADER_BYTES:
        given = made_up
    kept = [line for line in lines if json.loads(line)[0] in (MAIN, ROOTS)]
    files = {digest: release.files[digest] for _, digest, _ in map(json.loads, kept)}
    return replace(release, manifest="\n".join([json.dumps(given), *kept, ""]).encode(), files=files, memory=0)
