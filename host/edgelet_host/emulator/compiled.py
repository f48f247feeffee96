"""The emulator's package, rp2040py, with its native modules compiled for this Python: three times as fast.

Those in its wheel are for every version of Python (the stable ABI), where each access to the emulated memory looks a
method up by its name. The wheel brings their C code along.
"""

import os
import shutil
import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import sources
from edgelet_host.firmware.builds import digest, tool_times
from edgelet_host.firmware.system import BUILD_PACKAGES, ensure_packages
from edgelet_host.paths import cache_dir
from edgelet_host.terminal import step

# What Python's own extension modules are compiled with on Linux, without warnings: the code is a generator's.
_FLAGS = ("-O2", "-fwrapv", "-fPIC", "-shared", "-w")


def ensure() -> Path | None:
    """Give a folder for PYTHONPATH with the package; make it first where it is missing.

    None where this Python's headers are not installed: the modules in the wheel do the same, slowly.
    """
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").exists():
        return None
    key = digest(version("rp2040py"), str(headers), *_FLAGS, *tool_times())
    folder = cache_dir() / "builds" / f"rp2040py-{key}"
    if not (folder / "rp2040py").exists():
        ensure_packages(BUILD_PACKAGES)
        with sources.locked(folder, "another build of the emulator"):
            if not (folder / "rp2040py").exists():
                _make(folder, headers)
    return folder


def _make(folder: Path, headers: Path) -> None:
    """Copy the installed package and compile its modules; the copy has its name when it is complete."""
    spec = find_spec("rp2040py")
    assert spec is not None and spec.submodule_search_locations is not None
    partial = folder / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(spec.submodule_search_locations[0], partial, ignore=ignored)
    modules = sorted((partial / "native").glob("*.c"))
    with step("Building the emulator"), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(lambda module: _compile(module, headers), modules))
    partial.rename(folder / "rp2040py")


def _compile(module: Path, headers: Path) -> None:
    library = module.with_suffix(sysconfig.get_config_var("EXT_SUFFIX"))
    command: list[str | Path] = ["gcc", *_FLAGS, f"-I{headers}", "-o", library, module]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EdgeletError(f"the emulator does not build: {(done.stderr.strip().splitlines() or ['gcc failed'])[0]}")
