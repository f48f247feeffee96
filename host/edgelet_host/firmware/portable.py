"""The Linux firmware as a release has it: for any distribution, compiled here for other machines too.

    binary = ensure(portable_build("aarch64"))

zig's C compiler, a package with musl inside, links it statically: nothing of this machine goes into it, and it asks
nothing of the C library where it runs.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import preprocess, sources
from edgelet_host.firmware.builds import Build, unix_build

_PREPROCESS = Path(preprocess.__file__)


@dataclass(frozen=True)
class Machine:
    """A kind of computer.

    target: by zig's name of it. wheel_tags: platform tags of the Python packages that have its firmware, joined with a
    dot. They say which C library pip must find, of which the firmware needs none.
    """

    target: str
    wheel_tags: str


def _tags(architecture: str) -> str:
    return f"manylinux_2_17_{architecture}.manylinux2014_{architecture}.musllinux_1_1_{architecture}"


# By what uname calls them.
MACHINES = {
    "x86_64": Machine("x86_64-linux-musl", _tags("x86_64")),
    "aarch64": Machine("aarch64-linux-musl", _tags("aarch64")),
    # Raspberry Pi 2 and newer; cortex_a7 is the first one's processor.
    "armv7l": Machine("arm-linux-musleabihf -mcpu=cortex_a7", _tags("armv7l")),
}


def ensure_zig() -> Path:
    """Give zig; download it where the cache does not have it."""
    zig = sources.ensure("ziglang") / "zig"
    zig.chmod(0o755)
    return zig


def portable_build(machine: str, micropython: Path | None = None) -> Build:
    """Give the build of the Linux firmware for a kind of computer, one of MACHINES.

    micropython: an upstream checkout to build from.
    """
    if machine not in MACHINES:
        raise EdgeletError(f"There is no Linux firmware for {machine}; there is: {', '.join(MACHINES)}.")
    zig = ensure_zig()
    compiler = f"{zig} cc -target {MACHINES[machine].target}"
    variables = (
        f"CC={compiler}",
        f"CPP={sys.executable} {_PREPROCESS} {compiler} -E",
        f"AR={zig} ar",
        "SIZE=true",
        # A newer compiler than MicroPython's sources were written for finds more in them than they knew of.
        # MicroPython reads the frame pointer's register, which zig reserves otherwise.
        "CFLAGS_EXTRA=-Wno-error -fomit-frame-pointer",
        # zig's linker writes no map.
        "LDFLAGS_ARCH=-Wl,--gc-sections",
        "LDFLAGS_EXTRA=-static -Wl,--build-id=sha1 -Wl,--strip-all",
    )
    return unix_build(f"linux-{machine}", f"the Linux firmware for {machine}", variables, micropython)
