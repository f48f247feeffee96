"""Where things are: the checkout of edgelet and the cache outside it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"


def cache_dir() -> Path:
    """Give the folder for everything that is downloaded or built.

    It is `EDGELET_CACHE`, else `edgelet` in the XDG cache folder. The launcher does the same.
    """
    if chosen := os.environ.get("EDGELET_CACHE"):
        return Path(chosen).absolute()
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".cache") / "edgelet"
