"""A gateway's backup: a gzipped tar of what it keeps, its secrets among them, in a file that only its owner reads.

A gateway that runs is held while its files are linked to a folder beside them, for milliseconds; it serves again while
they are packed. No file is changed in place there (device/lib/edgelet/storage/files.py): the links keep what was.
"""

import contextlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from edgelet_host import __version__
from edgelet_host.device.console import Device, connect
from edgelet_host.device.running import running_devices
from edgelet_host.errors import EdgeletError
from edgelet_host.locks import take

FORMAT = 1
_HEAD = "backup.json"
# Beside what a device keeps (storage/files.py): the folder's lock, the log, and what is under way here.
_OTHERS = ("lock", "device.log", "damaged")
_PARTIAL = ".backup-"
_HOLD = "backup-hold"
# For how long a device may be held, and how often either side looks for the other.
_HOLD_S = 10
_LOOK_S = 0.002
_HOLDING = """
import os, time
until = time.ticks_add(time.ticks_ms(), {ms})
open({mark!r}, "w").close()
left = 1
while left > 0:
    time.sleep_ms(2)
    left = time.ticks_diff(until, time.ticks_ms())
    try:
        os.stat({mark!r})
    except OSError:
        break
print(left > 0)
"""


def backup(data: Path, file: Path) -> int:
    """Write what a gateway keeps in `data` to a file of mode 0600 that is not there yet. Gives the number of files.

    Raises EdgeletError.
    """
    if not (data / "lock").is_file():
        raise EdgeletError(f"{data} is no folder of 'edgelet serve --data'")
    if file.exists():
        raise EdgeletError(f"{file} exists: choose another name, or remove it")
    with tempfile.TemporaryDirectory(dir=data, prefix=_PARTIAL) as temporary:
        copy = Path(temporary)
        with _still(data):
            _link(data, copy)
        partial = file.with_name(f"{file.name}.partial")
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            count = _pack(copy, out)
            out.flush()
            os.fsync(out.fileno())
    partial.replace(file)
    return count


def restore(file: Path, data: Path) -> int:
    """Make `data`, which is empty or not there, what a backup has. Gives the number of files. Raises EdgeletError."""
    if data.exists() and any(data.iterdir()):
        raise EdgeletError(f"{data} is not empty: restore into a new folder, or move this one aside first")
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data.parent, prefix=_PARTIAL) as temporary:
        made = Path(temporary, "data")
        made.mkdir(mode=0o700)
        try:
            with tarfile.open(file, "r:gz") as tar:
                count = _unpack(tar, made)
        except (tarfile.TarError, EOFError, OSError) as e:
            reason = "it is no backup, or damaged" if not isinstance(e, OSError) or e.errno is None else e.strerror
            raise EdgeletError(f"{file}: {reason}. {data} was not changed") from None
        if data.exists():
            data.rmdir()
        made.replace(data)
    return count


@contextmanager
def _still(data: Path) -> Iterator[None]:
    """Keep a device from writing below `data` meanwhile: nobody starts one there, and one that runs is held."""
    with (data / "lock").open("a+", encoding="utf-8") as lock:
        try:
            take(lock, wait=False)
        except BlockingIOError:
            with _held(data):
                yield
            return
        yield


@contextmanager
def _held(data: Path) -> Iterator[None]:
    mark = data / _HOLD
    with connect(_port_of(data)) as device, ThreadPoolExecutor(1) as pool:
        mark.unlink(missing_ok=True)
        holding = pool.submit(device.execute, _HOLDING.format(ms=_HOLD_S * 1000, mark=str(mark)))
        while not mark.exists() and not holding.done():
            time.sleep(_LOOK_S)
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)
            was_held = holding.result().strip() == "True"
        if not was_held:
            raise EdgeletError(
                f"{data} has so much in it that it takes longer than {_HOLD_S} s: stop the gateway first"
            )


def _port_of(data: Path) -> str:
    for one in running_devices():
        with contextlib.suppress(EdgeletError), connect(one.console) as device:
            if _root(device).samefile(data):
                return one.console
    raise EdgeletError(f"{data} is in use, by a gateway that is not found: run this as its user, or stop it first")


def _root(device: Device) -> Path:
    return Path(device.execute("from edgelet.device import running\nprint(running().root)").strip())


def _link(data: Path, copy: Path) -> None:
    for path in sorted(data.iterdir()):
        if path.name in (*_OTHERS, _HOLD) or path.name.startswith(_PARTIAL):
            continue
        if path.is_dir():
            # Names that end with ~ are of what was being written.
            shutil.copytree(
                path, copy / path.name, copy_function=os.link, ignore=shutil.ignore_patterns("*~"), symlinks=True
            )
        elif not path.name.endswith("~"):
            os.link(path, copy / path.name)


def _pack(copy: Path, out: io.BufferedWriter) -> int:
    count = 0
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        head = json.dumps({"format": FORMAT, "edgelet": __version__, "made": int(time.time())}).encode()
        entry = tarfile.TarInfo(_HEAD)
        entry.size, entry.mode = len(head), 0o600
        tar.addfile(entry, io.BytesIO(head))
        for path in sorted(copy.rglob("*")):
            if path.is_dir() or path.is_file():
                tar.add(path, path.relative_to(copy).as_posix(), recursive=False, filter=_ours)
                count += path.is_file()
    return count


def _ours(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who had it: it is for the user who restores it."""
    # The links of a backup are files of their own here.
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o700 if entry.isdir() else 0o600
    return entry


def _unpack(tar: tarfile.TarFile, made: Path) -> int:
    head = tar.next()
    content = tar.extractfile(head) if head and head.name == _HEAD else None
    try:
        told = json.loads(content.read()) if content else None
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise tarfile.TarError
    count = 0
    for entry in iter(tar.next, None):
        path = PurePosixPath(entry.name)
        if path.is_absolute() or ".." in path.parts or not (entry.isdir() or entry.isreg()):
            raise tarfile.TarError
        target = made / path
        if entry.isdir():
            target.mkdir(mode=0o700)
            continue
        source = tar.extractfile(entry)
        assert source is not None
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            shutil.copyfileobj(source, out)
        count += 1
    return count
