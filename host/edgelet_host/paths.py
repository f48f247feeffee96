"""Where things are: the checkout of edgelet, or what an installed command line has of it, and the cache outside it."""

import os
from pathlib import Path

_HERE = Path(__file__).resolve().parent
# pyproject.toml puts the folders device, examples and firmware there when it is installed.
INSTALLED = Path("checkout")
ROOT = _HERE / INSTALLED if (_HERE / INSTALLED).is_dir() else _HERE.parents[1]
FIRMWARE = ROOT / "firmware"
# In ROOT, where a release has what others build.
PREBUILT = Path("prebuilt")
# The names there of the Linux firmware and of a board's, as it is flashed.
LINUX_FIRMWARE = "micropython"
BOARD_FIRMWARE = "{}.uf2"


def prebuilt(name: str) -> Path | None:
    """Give a file that a release has built already; None where it must be built, as in a checkout."""
    path = ROOT / PREBUILT / name
    return path if path.is_file() else None


def cache_dir() -> Path:
    """Give the folder for everything that is downloaded or built.

    It is `EDGELET_CACHE`, else `edgelet` in the XDG cache folder. The launcher does the same.
    """
    if chosen := os.environ.get("EDGELET_CACHE"):
        return Path(chosen).absolute()
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".cache") / "edgelet"
