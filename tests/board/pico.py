"""The runtime with firmware and files in the flash $CHIP: `pico.py DATA --host ADDRESS --port PORT`."""

import os
import sys

import partition
import rp2
import vfs
from edgelet import runtime

XIP = 0x10000000  # RP2040 datasheet, section 2.2


class Uctypes:
    """The flash as code sees it."""

    @staticmethod
    def bytearray_at(address, size):
        with open(os.getenv("CHIP"), "rb") as file:
            file.seek(address - XIP)
            return file.read(size)


sys.modules["uctypes"] = Uctypes
start, length = partition.FILES
device = rp2.Flash(start=start, len=length)
try:
    fs = vfs.VfsLfs2(device, progsize=256)
except OSError:
    vfs.VfsLfs2.mkfs(device, progsize=256)
    fs = vfs.VfsLfs2(device, progsize=256)
vfs.mount(fs, "/flash")
_, _, _, host, _, port = sys.argv
runtime.run("/flash/edgelet", host, int(port))
