"""Where things are: the checkout of edgelet, or what an installed command line has of it, and the cache outside it."""

import os
from pathlib import Path

_HERE = Path(__file__).resolve().parent
# pyproject.toml puts the folders device, examples and firmware there when it is installed.
_INSTALLED = _HERE / "checkout"
ROOT = _INSTALLED if _INSTALLED.is_dir() else _HERE.parents[1]
FIRMWARE = ROOT / "firmware"


def cache_dir() -> Path:
    """Give the folder for everything that is downloaded or built.

    It is `EDGELET_CACHE`, else `edgelet` in the XDG cache folder. The launcher does the same.
    """
    if chosen := os.environ.get("EDGELET_CACHE"):
        return Path(chosen).absolute()
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".cache") / "edgelet"
