"""Programs that come from npm when they are first needed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware.sources import make_once
from edgelet_host.paths import cache_dir
from edgelet_host.terminal import step


def has_nodejs() -> bool:
    """Whether this computer has Node.js and npm."""
    return shutil.which("npm") is not None and shutil.which("node") is not None


def ensure_npm(reason: str) -> Path:
    """Give the path of npm. reason: why it is needed, for who has none. Raises EdgeletError."""
    npm = shutil.which("npm")
    if npm is None or not has_nodejs():
        how = (
            "Install them: sudo apt install nodejs npm"
            if sys.platform == "linux"
            else "Install Node.js, which has both"
        )
        raise EdgeletError(f"{reason}, which needs Node.js and npm. {how}")
    return Path(npm)


def ensure_program(package: str, version: str, reason: str) -> Path:
    """Give the path of the program that a package has under its own name; install the package first if need be.

    reason: why it is needed, for who has no Node.js. Raises EdgeletError.
    """
    name = f"{package}.cmd" if sys.platform == "win32" else package
    return ensure_package(package, version, reason).parent / ".bin" / name


def ensure_package(package: str, version: str, reason: str, options: Sequence[str] = ()) -> Path:
    """Give the folder of a package, `@scope/name` or `name`; install it first if need be.

    reason: why it is needed, for who has no Node.js. options: for npm. Raises EdgeletError.
    """
    folder = cache_dir() / f"{package.removeprefix('@').replace('/', '-')}-{version}"
    # npm makes the package's folder first, and writes this when all is there.
    complete = folder / "node_modules" / ".package-lock.json"
    npm = ensure_npm(reason)
    make_once(complete, folder, lambda: _install_anew(npm, folder, package, version, options))
    return folder / "node_modules" / package


def _install_anew(npm: Path, folder: Path, package: str, version: str, options: Sequence[str]) -> None:
    # npm takes a package that has its package.json for whole, also where it was killed behind that.
    shutil.rmtree(folder / "node_modules", ignore_errors=True)
    named = [f"--prefix={folder}", f"{package}@{version}"]
    install(npm, ["install", "--no-save", *options, *named], folder, f"{package} {version}")


def install(npm: Path, arguments: list[str], folder: Path, what: str) -> None:
    """Run npm in a folder, with the arguments of its command to install something. what: its name for people.

    Raises EdgeletError.
    """
    with step(f"Installing {what} from npm"):
        command = [str(npm), *arguments, "--no-audit", "--no-fund"]
        quiet = os.environ | {"NPM_CONFIG_UPDATE_NOTIFIER": "false"}
        done = subprocess.run(command, cwd=folder, env=quiet, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        reason = errors[0] if errors else "unknown error"
        raise EdgeletError(f"npm could not install {what}: {reason}. Check the network and run again")
