"""npm packages for tests, in the versions that a lock file pins."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from edgelet_host.firmware.sources import locked
from edgelet_host.paths import cache_dir


def installed(folder: Path) -> Path:
    """Install what `folder` pins in package.json and package-lock.json, once for each state of them.

    Gives a folder in the cache that has it in node_modules. .npmrc: settings with which these files were made.
    """
    pins = [folder / name for name in ("package.json", "package-lock.json", ".npmrc")]
    digest = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()
    there = cache_dir() / f"npm-{digest[:16]}"
    with locked(there):
        # npm writes this when all is there.
        if not (there / "node_modules" / ".package-lock.json").exists():
            for pin in pins:
                shutil.copy(pin, there)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            quiet = os.environ | {"NPM_CONFIG_UPDATE_NOTIFIER": "false"}
            done = subprocess.run(command, cwd=there, env=quiet, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    return there
