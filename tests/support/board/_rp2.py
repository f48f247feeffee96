"""What MicroPython's `_rp2` offers of a board's flash, for the Linux firmware: the flash is the file $CHIP."""

import os

import partition

_SECTOR = 4096

# Open from the start: the board's own file system will lie over this computer's.
chip = open(os.getenv("CHIP"), "r+b")  # noqa: SIM115


class Flash:
    def __init__(self, start, len):
        self._start = partition.FIRMWARE + start
        self._len = len

    def readblocks(self, sector, buffer, offset=0):
        chip.seek(self._start + sector * _SECTOR + offset)
        chip.readinto(buffer)

    def writeblocks(self, sector, buffer, offset=0):
        chip.seek(self._start + sector * _SECTOR + offset)
        chip.write(buffer)

    def ioctl(self, operation, argument):
        if operation == 4:
            return self._len // _SECTOR
        if operation == 5:
            return _SECTOR
        if operation == 6:
            self.writeblocks(argument, b"\xff" * _SECTOR)
            return 0
        return None
