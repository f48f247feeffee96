"""Programs and modules from PyPI that few need: a virtual environment in the cache for each list of pinned packages."""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware.sources import make_once
from edgelet_host.paths import cache_dir
from edgelet_host.terminal import step

# In an environment that has all.
_COMPLETE = "complete"


def ensure_environment(requirements: Path) -> Path:
    """Give the folder of an environment that has what a file requires, with hashes; make it first if need be.

    The file has the name of what people know it by. Raises EdgeletError.
    """
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    place = cache_dir() / f"{requirements.stem}-{digest}"
    folder = place / "environment"
    make_once(folder / _COMPLETE, place, lambda: _install(requirements, folder))
    return folder


def program(environment: Path, name: str) -> Path:
    """Give the place of a program in an environment."""
    return environment / "Scripts" / f"{name}.exe" if sys.platform == "win32" else environment / "bin" / name


def _install(requirements: Path, folder: Path) -> None:
    name = requirements.stem
    with step(f"Installing {name} from PyPI"):
        # In what a killed run has left, pip passes for installed before its program is there.
        venv.create(folder, clear=True, with_pip=True)
        command = [str(program(folder, "pip")), "--disable-pip-version-check", "--quiet", "install", "--require-hashes"]
        done = subprocess.run(
            [*command, "--requirement", str(requirements)], capture_output=True, encoding="utf-8", check=False
        )
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        reason = errors[-1].removeprefix("ERROR: ") if errors else "unknown error"
        raise EdgeletError(f"pip could not install {name}: {reason}. Check the network and run again")
    (folder / _COMPLETE).touch()
