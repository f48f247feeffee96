"""Image slots in raw flash: saved images that are read in place.

The region is divided into slots, of one size or of two. What lies in one:

    page 0      the header: magic, generation, length, key, CRC-32 of these; programmed last
    page 1 on   a saved image (`quickjs.Image.readinto`) of `length` bytes

A slot without a valid header holds no image. Where the power fails, the slot that was being written or erased is one of
those, and a slot that is being written never holds the image that requests are served from.

An image goes into a slot of the smallest size that has room for it; slots of a size are taken in turn. Each image that
is written costs its slot one erase afterwards, and one before where the slot has not been erased since the start: an
erase that the power cut short can look like a whole one. With n free slots of its size, the images of even one and the
same function go round n + 1 of them. So flash for 100,000 erases a sector (W25Q16JV datasheet, features) bears at least
50,000 * (n + 1) deploys and changes of variables and secrets; n is 1 at least.
"""

import asyncio
import struct
from binascii import crc32

SECTOR = 4096  # bytes that are erased at once
PAGE = 256  # bytes that are programmed at once

_HEADER = "<4sIII32s"  # magic, generation, length, 0, key
_HEADER_SIZE = struct.calcsize(_HEADER)
_MAGIC = b"EJSL"


class ImageSlots:
    """The slots of a region of flash.

    region: a block device of sectors, of which `ioctl(6, sector)` erases one and `writeblocks(sector, data, offset)`
    programs; `memory` is a buffer over all of it that is read in place; `slots` are (number, bytes) of the slots of
    each size, the smallest first, bytes being multiples of `SECTOR`. Attributes: `count` of slots, `room`: of images
    that it keeps, as one slot of each size is spare, `capacity` of the largest in bytes of a saved image.
    """

    def __init__(self, region):
        self._region = region
        self._memory = memoryview(region.memory)
        self._kinds = [(number, size // SECTOR) for number, size in region.slots]
        self.count = sum([number for number, _ in self._kinds])
        self.room = self.count - len(self._kinds)
        self.capacity = max([sectors for _, sectors in self._kinds]) * SECTOR - PAGE
        self._used = {}  # number -> True. No set: one that cannot grow for want of memory breaks (MicroPython 1.25)
        self._erased = {}  # since the start, and not written to since then
        self._damaged = {}  # with a sound header and useless content
        self._changing = asyncio.Lock()
        self._last = {}  # sectors of a slot -> the last one of them that was written
        self._generation = 0
        latest = {}
        for number in range(self.count):
            header = self._header(number)
            sectors = self._place(number)[1]
            if header and header[0] > latest.get(sectors, 0):
                latest[sectors] = header[0]
                self._last[sectors] = number
                self._generation = max(self._generation, header[0])

    def find(self, key):
        """The slot with the latest image under a key of 32 bytes that was not given up, or None. It is now in use."""
        latest = 0
        found = None
        for number in range(self.count):
            header = self._header(number)
            if header and header[2] == key and header[0] > latest and number not in self._damaged:
                latest = header[0]
                found = number
        if found is not None:
            self._used[found] = True
        return found

    def give_up(self, number):
        """What is in this slot is of no use: it is free, and find() does not find it again."""
        self._used.pop(number, None)
        self._damaged[number] = True

    def saved(self, number):
        """The saved image in a slot: a memoryview of the flash itself."""
        start = self._place(number)[0] * SECTOR + PAGE
        return self._memory[start : start + self._header(number)[1]]

    async def write(self, key, image, old=None):
        """Writes an image under a key into a free slot; its number. The event loop goes on after each sector.

        old: the slot whose image it replaces. ValueError where no slot is free, or none that an image needs which
        replaces one, and where the image is larger than a slot.
        """
        if image.saved_size > self.capacity:
            raise ValueError(
                "the image has %d bytes, this device takes %d: import less, or keep less at the top level"
                % (image.saved_size, self.capacity)
            )
        async with self._changing:
            number = self._take(image.saved_size, old)
            try:
                if number not in self._erased:
                    await self._erase(number)
                self._erased.pop(number, None)
                await self._program(number, image)
            except BaseException:
                self._used.pop(number, None)
                raise
            self._generation += 1
            first, sectors = self._place(number)
            self._last[sectors] = number
            header = struct.pack(_HEADER, _MAGIC, self._generation, image.saved_size, 0, key)
            page = header + struct.pack("<I", crc32(header))
            self._region.writeblocks(first, _page(page), 0)
            return number

    async def erase(self, number):
        """Erases a slot; it is free when this returns. The event loop goes on after each sector."""
        async with self._changing:
            await self._erase(number)
            self._used.pop(number, None)

    async def tidy(self):
        """Erases all slots that are not in use and not blank: images of what is no more, and what a power cut left."""
        for number in range(self.count):
            if number not in self._used and not self._is_blank(number):
                await self.erase(number)

    def _place(self, number):
        """(first sector, number of sectors) of a slot."""
        first = 0
        for slots, sectors in self._kinds:
            if number < slots:
                break
            number -= slots
            first += slots * sectors
        return first + number * sectors, sectors

    def _header(self, number):
        """(generation, length, key) of the image in a slot, None where there is none."""
        first, sectors = self._place(number)
        start = first * SECTOR
        header = self._memory[start : start + _HEADER_SIZE]
        (crc,) = struct.unpack_from("<I", self._memory, start + _HEADER_SIZE)
        magic, generation, length, _, key = struct.unpack(_HEADER, header)
        if magic != _MAGIC or crc != crc32(header) or not 0 < length <= sectors * SECTOR - PAGE:
            return None
        return generation, length, key

    def _take(self, size, old):
        before = 0
        for slots, sectors in self._kinds:
            numbers = range(before, before + slots)
            before += slots
            if size > sectors * SECTOR - PAGE:
                continue
            # One stays free for what will replace an image.
            free = [number for number in numbers if number not in self._used]
            if len(free) > (0 if old is not None and old in numbers else 1):
                last = self._last.get(sectors, -1)
                number = min([((number - last - 1) % slots, number) for number in free])[1]
                self._used[number] = True
                return number
        raise ValueError(
            "none of this device's image slots of %d bytes and more is free: remove a function with 'edgelet delete'"
            % size
        )

    def _is_blank(self, number):
        blank = b"\xff" * PAGE
        first, sectors = self._place(number)
        pages = range(first * SECTOR, (first + sectors) * SECTOR, PAGE)
        return all(self._memory[at : at + PAGE] == blank for at in pages)

    async def _erase(self, number):
        first, sectors = self._place(number)
        # The header first: what is half erased must not be taken for an image.
        for sector in range(first, first + sectors):
            self._region.ioctl(6, sector)
            await asyncio.sleep_ms(0)
        self._erased[number] = True
        self._damaged.pop(number, None)

    async def _program(self, number, image):
        page = bytearray(PAGE)
        first = self._place(number)[0]
        for at in range(0, image.saved_size, PAGE):
            n = image.readinto(page, at)
            sector, offset = divmod(PAGE + at, SECTOR)
            self._region.writeblocks(first + sector, page if n == PAGE else _page(page[:n]), offset)
            if offset + PAGE == SECTOR:
                await asyncio.sleep_ms(0)


def _page(data):
    """A page that begins with `data`; the rest of it can still be programmed."""
    return data + b"\xff" * (PAGE - len(data))
