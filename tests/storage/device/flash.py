"""MicroPython: a NOR flash in RAM under littlefs, of which the power fails at any chosen program or erase."""

import vfs

BLOCK = 4096
PAGE = 256  # what rp2's _boot.py mounts with
MOUNT = "/flash"


EIO = 5


class Flash:
    """A block device. `operations` counts programs and erases, `erases` the erases of each block.

    With operation number `cut_at` (from 0) the power fails: that one is not done or, with `torn`, half done, and from
    then on nothing changes `media` any more, `dead` is true, and whatever still runs gets errors.
    """

    def __init__(self, media, cut_at=-1, torn=False):
        self.media = media
        self.dead = False
        self.operations = 0
        self.erases = [0] * (len(media) // BLOCK)
        self._cut_at = cut_at
        self._torn = torn

    def cut_after(self, operations, torn):
        """The power fails after so many more operations."""
        self._cut_at = self.operations + operations
        self._torn = torn

    def readblocks(self, block, buffer, offset=0):
        at = block * BLOCK + offset
        buffer[:] = memoryview(self.media)[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        at = block * BLOCK + offset
        if not self.dead and bytes(memoryview(self.media)[at : at + len(buffer)]) != b"\xff" * len(buffer):
            raise AssertionError("programmed without an erase")
        return self._operate(at, buffer)

    def ioctl(self, operation, argument):
        if operation == 4:
            return len(self.media) // BLOCK
        if operation == 5:
            return BLOCK
        if operation == 6:
            self.erases[argument] += 1
            return self._operate(argument * BLOCK, b"\xff" * BLOCK)
        return None

    def _operate(self, at, data):
        size = len(data)
        if self.operations == self._cut_at:
            self.dead = True
            size = size // 2 if self._torn else 0
        elif self.dead:
            return -EIO
        self.operations += 1
        self.media[at : at + size] = memoryview(data)[:size]
        return -EIO if self.dead else 0


def blank(blocks):
    """The media of a freshly formatted flash."""
    flash = Flash(bytearray(b"\xff" * (blocks * BLOCK)))
    vfs.VfsLfs2.mkfs(flash, progsize=PAGE)
    return flash.media


def copy(media):
    """Another media of the same content."""
    return bytearray(media)


def mount(flash):
    """Mounts a flash at MOUNT, as after a reset."""
    vfs.mount(vfs.VfsLfs2(flash, progsize=PAGE), MOUNT)


def run(flash, scenario, mount=mount):
    """Mounts the flash and calls scenario(); returns its result, or None where the power failed."""
    mount(flash)
    try:
        return scenario()
    except Exception:
        if not flash.dead:
            raise
    finally:
        vfs.umount(MOUNT)


def survivors(media, scenario):
    """Runs scenario() on a copy of `media` once for each cut, whole and torn: yields what is left each time."""
    whole = Flash(bytearray(media))
    run(whole, scenario)
    for torn in (False, True):
        for cut_at in range(whole.operations):
            flash = Flash(bytearray(media), cut_at, torn)
            run(flash, scenario)
            if not flash.dead:
                raise AssertionError(f"operation {cut_at} was never reached")
            yield flash.media
