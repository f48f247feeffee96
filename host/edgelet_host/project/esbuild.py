"""TypeScript and npm packages: bundled into one module by esbuild, which comes from npm when it is first needed."""

import os
import shutil
import subprocess
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware.sources import locked
from edgelet_host.paths import cache_dir
from edgelet_host.project.config import Project
from edgelet_host.runtime import names
from edgelet_host.terminal import step

_VERSION = "0.28.2"
# The syntax that the engine knows (quickjs-ng).
_TARGET = "es2023"


def bundle_with_esbuild(project: Project, reason: str) -> str:
    """Give the main module with all that it imports, in JavaScript. reason: why this is needed, for errors."""
    done = subprocess.run(
        [
            ensure_esbuild(reason),
            project.main,
            "--bundle",
            "--format=esm",
            "--platform=neutral",
            "--main-fields=module,main",
            "--conditions=worker,import",
            f"--target={_TARGET}",
            "--charset=utf8",
            "--log-level=error",
            "--color=false",
            *[f"--external:{name}" for name in names.NATIVE_MODULES],
        ],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EdgeletError(_explain(project.folder, done.stderr))
    return done.stdout


def _explain(folder: Path, errors: str) -> str:
    """Give esbuild's first error as `file:line:column: message`, with what helps where a package is missing."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    message = next((line.partition("[ERROR] ")[2] for line in lines if "[ERROR]" in line), lines[0] if lines else "")
    place = next((line.rstrip(":") for line in lines if line.endswith(":") and line.count(":") >= 3), "")
    hint = ""
    if message.startswith('Could not resolve "') and not message.startswith('Could not resolve ".'):
        package = message.split('"')[1]
        hint = f". Install it: npm install {package}"
    return f"{folder}: {place + ': ' if place else ''}{message}{hint}"


def ensure_esbuild(reason: str) -> Path:
    """Give the path of esbuild; install it first if need be. reason: why it is needed, for who has no Node.js."""
    folder = cache_dir() / f"esbuild-{_VERSION}"
    program = folder / "node_modules" / ".bin" / "esbuild"
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise EdgeletError(f"{reason}, which needs Node.js and npm. Install them: sudo apt install nodejs npm")
    if not program.exists():
        # Two npm in one folder would spoil each other's work.
        with locked(folder):
            if not program.exists():
                _install(npm, folder)
    return program


def _install(npm: str, folder: Path) -> None:
    with step(f"Installing esbuild {_VERSION} from npm"):
        command = [npm, "install", "--no-save", "--no-audit", "--no-fund", f"--prefix={folder}", f"esbuild@{_VERSION}"]
        quiet = os.environ | {"NPM_CONFIG_UPDATE_NOTIFIER": "false"}
        done = subprocess.run(command, cwd=folder, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        reason = errors[0] if errors else "unknown error"
        raise EdgeletError(f"npm could not install esbuild: {reason}. Check the network and run again")
