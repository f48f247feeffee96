"""MicroPython: a NOR flash in RAM, strict as the real one, of which the power fails at any chosen erase or program.

A chip has a file system and, behind it, the region for images. An erase sets a sector's bits, a program clears bits of
a page and can set none. What the power cuts short is done by half: some bits changed, some not.
"""

import random

import vfs
from edgelet.storage import image_slots

SECTOR = 4096
PAGE = 256
MOUNT = "/flash"
EIO = 5

_cells = {}  # size -> bytearray


class Chip:
    """`operations` counts erases and programs, `erases` the erases of each sector.

    With operation number `cut_at` (from 0) the power fails: that one is not done or, where `torn` is a number (the seed
    of chance), half done. From then on nothing changes `media` any more, and whatever still runs gets errors.
    `worn`: addresses of bytes that can no more be programmed. `media` is what it holds: as in a board, always at the
    same address, so that of all chips of a size only the last one is alive.
    """

    def __init__(self, media, cut_at=-1, torn=None):
        self.media = _cells.setdefault(len(media), media)
        self.media[:] = media
        self.dead = False
        self.operations = 0
        self.erases = [0] * (len(media) // SECTOR)
        self.worn = []
        self._cut_at = cut_at
        self._torn = torn

    def erase(self, sector):
        self.erases[sector] += 1
        self._change(sector * SECTOR, b"\xff" * SECTOR)

    def program(self, at, data):
        assert at % PAGE == 0 and len(data) % PAGE == 0, "not whole pages"
        assert at // SECTOR == (at + len(data) - 1) // SECTOR, "more than a sector"
        for start in range(at, at + len(data), PAGE):
            page = data[start - at : start - at + PAGE]
            old = int.from_bytes(self.media[start : start + PAGE], "little")
            new = int.from_bytes(page, "little")
            assert old & new == new or self.dead, "programmed without an erase"
            self._change(start, page)

    def _change(self, at, data):
        if self.operations == self._cut_at:
            self.dead = True
            if self._torn is not None:
                self._change_half(at, data)
        self.operations += 1
        if self.dead:
            raise OSError(EIO)
        self.media[at : at + len(data)] = data
        for address in self.worn:
            self.media[address] = 0xFF

    def _change_half(self, at, data):
        """What has begun but not ended: any part of the bits that were to change, more of them in front."""
        random.seed(self._torn * 100003 + self._cut_at)
        whole = random.randrange(len(data))
        self.media[at : at + whole] = data[:whole]
        for i in range(whole, random.randrange(whole, len(data))):
            mask = random.getrandbits(8)
            self.media[at + i] = self.media[at + i] & ~mask | data[i] & mask


class Files:
    """The chip's sectors before `sectors`, as a block device for littlefs."""

    def __init__(self, chip, sectors):
        self._chip = chip
        self._sectors = sectors

    def readblocks(self, block, buffer, offset=0):
        at = block * SECTOR + offset
        buffer[:] = memoryview(self._chip.media)[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        return self._do(self._chip.program, block * SECTOR + offset, bytes(buffer))

    def ioctl(self, operation, argument):
        if operation == 4:
            return self._sectors
        if operation == 5:
            return SECTOR
        if operation == 6:
            return self._do(self._chip.erase, argument)
        return None

    def _do(self, operation, *arguments):
        # littlefs expects errors as numbers.
        try:
            operation(*arguments)
            return 0
        except OSError as error:
            return -error.errno


class Region:
    """The chip's sectors from `start` on, as the runtime wants a region for images."""

    def __init__(self, chip, start, *slots):
        self._chip = chip
        self._start = start
        self.memory = memoryview(chip.media)[start * SECTOR :]
        self.slots = [(number, sectors * SECTOR) for number, sectors in slots]

    def writeblocks(self, sector, data, offset):
        self._chip.program((self._start + sector) * SECTOR + offset, bytes(data))

    def ioctl(self, operation, argument):
        if operation == 4:
            return len(self.memory) // SECTOR
        if operation == 5:
            return SECTOR
        return self._chip.erase(self._start + argument)


def blank(file_sectors, slots, slot_sectors):
    """The media of a chip with a freshly formatted file system and no images."""
    media = bytearray(b"\xff" * ((file_sectors + slots * slot_sectors) * SECTOR))
    vfs.VfsLfs2.mkfs(Files(Chip(media), file_sectors), progsize=PAGE)
    return media


def mount(chip, file_sectors):
    """Mounts the chip's file system at MOUNT, as after a reset."""
    vfs.mount(vfs.VfsLfs2(Files(chip, file_sectors), progsize=PAGE), MOUNT)


def unmount():
    vfs.umount(MOUNT)


def slot_bytes(media, file_sectors, slot_sectors, number):
    """What is in an image slot."""
    start = (file_sectors + number * slot_sectors) * SECTOR
    return bytes(memoryview(media)[start : start + slot_sectors * SECTOR])


assert (image_slots.SECTOR, image_slots.PAGE) == (SECTOR, PAGE)
