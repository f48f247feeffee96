"""Where things are: the checkout of edgelet, or what an installed command line has of it, and the cache outside it."""

import os
import platform
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
# pyproject.toml puts the folders device, examples and firmware there when it is installed.
INSTALLED = Path("checkout")
ROOT = _HERE / INSTALLED if (_HERE / INSTALLED).is_dir() else _HERE.parents[1]
FIRMWARE = ROOT / "firmware"
# In ROOT, where a release has what others build.
PREBUILT = Path("prebuilt")
# The names there of the Linux firmware, and of a board's as it is flashed.
LINUX_FIRMWARE = "micropython"
BOARD_FIRMWARE = "{}.uf2"
# And of what the package for any computer has in the place of the former, to compile bundles.
COMPILER = "compiler.wasm"


def prebuilt(name: str) -> Path | None:
    """Give a file that a release has built already; None where it must be built, as in a checkout."""
    path = ROOT / PREBUILT / name
    return path if path.is_file() else None


def this_system() -> str:
    """Give this computer's system and machine: linux-x86_64, darwin-arm64, windows-amd64 ..."""
    return f"{platform.system()}-{platform.machine()}".lower()


def processor_name(system: str) -> str:
    """Give the name in PREBUILT of the emulated Pico's processor, as a library for such computers."""
    return f"processor-{system}{'.dylib' if system.startswith('darwin') else '.so'}"


def peer_name(system: str) -> str:
    """Give the name in PREBUILT of the other end of the emulated Pico's network, as a program for such computers."""
    return f"peer-{system}"


def cache_dir() -> Path:
    """Give the folder for everything that is downloaded or built.

    It is `EDGELET_CACHE`, else `edgelet` in the XDG cache folder, or where the system has such things. The launcher,
    which is for Linux, does the same.
    """
    if chosen := os.environ.get("EDGELET_CACHE"):
        return Path(chosen).absolute()
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        return Path(xdg) / "edgelet"
    if sys.platform == "win32":
        return _local_data() / "edgelet" / "cache"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "edgelet"


def config_dir() -> Path:
    """Give the folder for what people set: `edgelet` in the XDG configuration folder, or where Windows has it."""
    if xdg := os.environ.get("XDG_CONFIG_HOME"):
        return Path(xdg) / "edgelet"
    return (_local_data() if sys.platform == "win32" else Path.home() / ".config") / "edgelet"


def _local_data() -> Path:
    """Give Windows' folder for what programs keep on this computer."""
    return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
