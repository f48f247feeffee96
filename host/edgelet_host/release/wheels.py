"""The Python packages of a release.

    pure = pure_wheel(folder)                                    # the command line, which builds what it needs
    wheel = complete(pure, dist, tags, {...}, licenses, time)    # with the firmware inside

The same files make the same bytes: in one order, with one time, whatever the umask.
"""

import base64
import csv
import hashlib
import io
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.paths import INSTALLED, PREBUILT, ROOT

# What pyproject.toml has go into the package.
_PARTS = ("device", "examples", "firmware", "host/edgelet_host", "pyproject.toml", "README.md", "LICENSE")
_BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
_PLACE = Path("edgelet_host", INSTALLED, PREBUILT).as_posix()


def pure_wheel(folder: Path) -> Path:
    """Build the package of what git tracks, without firmware, in a new folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *_PARTS], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    if listed.returncode != 0 or not listed.stdout:
        raise EdgeletError("A release is made in a git checkout, which says what belongs to it.")
    source = folder / "source"
    for name in listed.stdout.rstrip("\0").split("\0"):
        if (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(folder)], cwd=source, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        raise EdgeletError(f"setuptools failed: {(done.stderr.strip().splitlines() or ['without a reason'])[-1]}")
    return folder / done.stdout.splitlines()[-1]


def complete(
    pure: Path,
    folder: Path,
    tags: str,
    files: Mapping[str, Path],
    licenses: Mapping[str, str],
    made: int,
    requires: Sequence[str] = (),
) -> Path:
    """Write the package with what is built already, for computers that have one of `tags`.

    tags: platform tags, joined with a dot. files: by their names in PREBUILT. licenses: texts by names of sources.
    made: seconds since the epoch. requires: what pip installs beside what every package needs. Gives the package.
    """
    with zipfile.ZipFile(pure) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    (info,) = {name.partition("/")[0] for name in contents if name.endswith(".dist-info/WHEEL")}
    kind = re.sub(r"^(Root-Is-Purelib: true|Tag: .*)\n+", "", contents[f"{info}/WHEEL"].decode(), flags=re.MULTILINE)
    tag_lines = "".join(f"Tag: py3-none-{tag}\n" for tag in tags.split("."))
    contents[f"{info}/WHEEL"] = f"{kind}Root-Is-Purelib: {'true' if tags == 'any' else 'false'}\n{tag_lines}".encode()
    about, blank, text = contents[f"{info}/METADATA"].decode().partition("\n\n")
    contents[f"{info}/METADATA"] = "\n".join([about, *(f"Requires-Dist: {one}" for one in requires)]).encode()
    contents[f"{info}/METADATA"] += (blank + text).encode()
    contents |= {f"{_PLACE}/{name}": path.read_bytes() for name, path in files.items()}
    contents |= {f"{info}/licenses/{name}.txt": text.encode() for name, text in licenses.items()}
    contents[f"{info}/RECORD"] = _record(contents, f"{info}/RECORD")
    wheel = folder / f"{info.removesuffix('.dist-info')}-py3-none-{tags}.whl"
    _write(wheel, contents, {f"{_PLACE}/{name}" for name, path in files.items() if path.stat().st_mode & 0o100}, made)
    return wheel


def _record(contents: Mapping[str, bytes], name: str) -> bytes:
    """Give the list of what a package has: its last file, which has no checksum of itself."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for path, content in sorted(contents.items()):
        if path != name:
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            rows.writerow([path, f"sha256={digest}", len(content)])
    rows.writerow([name, "", ""])
    return text.getvalue().encode()


def _write(wheel: Path, contents: Mapping[str, bytes], programs: set[str], made: int) -> None:
    # The format of a zip begins in 1980, and counts two seconds at a time.
    date = time.gmtime(max(made, 315532800))[:6]
    with zipfile.ZipFile(wheel, "w") as archive:
        # What says of the package what it is comes last: PEP 427.
        for name in sorted(contents, key=lambda name: (".dist-info/" in name, name)):
            entry = zipfile.ZipInfo(name, date)
            entry.create_system = 3
            entry.external_attr = (0o100755 if name in programs else 0o100644) << 16
            archive.writestr(entry, contents[name], zipfile.ZIP_DEFLATED, 9)
