"""What MicroPython's `rp2` offers of a board's flash, for the Linux firmware: the flash is the file $CHIP."""

import os

import partition

_SECTOR = 4096


class Flash:
    def __init__(self, start, len):
        self._start = partition.FIRMWARE + start
        self._len = len

    def _seek(self, file, sector, offset):
        file.seek(self._start + sector * _SECTOR + offset)
        return file

    def readblocks(self, sector, buffer, offset=0):
        with open(os.getenv("CHIP"), "rb") as file:
            self._seek(file, sector, offset).readinto(buffer)

    def writeblocks(self, sector, buffer, offset=0):
        with open(os.getenv("CHIP"), "r+b") as file:
            self._seek(file, sector, offset).write(buffer)

    def ioctl(self, operation, argument):
        if operation == 4:
            return self._len // _SECTOR
        if operation == 5:
            return _SECTOR
        if operation == 6:
            self.writeblocks(argument, b"\xff" * _SECTOR)
            return 0
        return None
