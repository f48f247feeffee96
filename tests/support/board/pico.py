"""The runtime with firmware and files in the flash $CHIP: `pico.py DATA --host ADDRESS --port PORT`.

What mounts the files is the boards' own _boot.py.
"""

import sys

import _rp2
import machine  # noqa: F401 - found no more once the files are mounted
import vfs
from edgelet import runtime, startup

XIP = 0x10000000  # RP2040 datasheet, section 2.2


class Uctypes:
    """The flash as code sees it."""

    @staticmethod
    def bytearray_at(address, size):
        _rp2.chip.seek(address - XIP)
        return _rp2.chip.read(size)


sys.modules["uctypes"] = Uctypes
sys.modules["rp2"] = _rp2
with open(__file__.rsplit("/", 4)[0] + "/firmware/boards/rp2/_boot.py") as file:
    boot = file.read()
vfs.umount("/")
exec(boot, {})
_, _, _, host, _, port = sys.argv
runtime.run(startup.ROOT, host, int(port))
