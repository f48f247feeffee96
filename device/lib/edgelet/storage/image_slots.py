"""Image slots in raw flash: saved images that are read in place.

The region is divided into slots, of one size or of two. What lies in one:

    page 0      the header: magic, generation, length, bytes of code, slot of the code, key, CRC-32 of these; programmed
                last
    page 1 on   the function's code (`quickjs.Arena.read_code`)
    next page   a saved image (`quickjs.Image.readinto`) of `length` bytes

Where code and image have no room in one slot, the image has another one, from page 1 on, whose header names that of the
code, which has none.

A slot without a valid header holds no image. Where the power fails, the slot that was being written or erased is one of
those, and a slot that is being written never holds the image that requests are served from.

What is written goes into a slot of the smallest size that has room for it; slots of a size are taken in turn. An image
costs its slots one erase afterwards, and one before where a slot has not been erased since the start: an erase that the
power cut short can look like a whole one. With n free slots of its size, the images of even one and the same function
go round n + 1 of them. So flash for 100,000 erases a sector (W25Q16JV datasheet, features) bears at least
50,000 * (n + 1) deploys and changes of variables and secrets; n is 1 at least.
"""

import asyncio
import struct
from binascii import crc32

from micropython import const

SECTOR = 4096  # bytes that are erased at once
PAGE = 256  # bytes that are programmed at once

_PART = const(4096)  # of the code at a time: for each the bundle is read once

_HEADER = const("<4sIIII32s")  # magic, generation, length, bytes of code, its slot, key
_HEADER_SIZE = struct.calcsize(_HEADER)
_MAGIC = const(b"EJSM")


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
        # Number -> that of the slot with the image that it belongs to; None while it is being written.
        self._used = {}
        self._erased = {}  # since the start, and not written to since then
        self._damaged = {}  # with a sound header and useless content
        self._changing = asyncio.Lock()
        self._last = {}  # sectors of a slot -> the last one of them that was written
        self._generation = 0
        latest = {}
        for number in range(self.count):
            header = self._header(number)
            for slot in header[3] if header else ():
                sectors = self._place(slot)[1]
                if header[0] > latest.get(sectors, 0):
                    latest[sectors] = header[0]
                    self._last[sectors] = slot
                    self._generation = max(self._generation, header[0])

    def find(self, key):
        """The slot with the latest image under a key of 32 bytes that was not given up, or None. It is now in use."""
        found = None
        for number in range(self.count):
            header = self._header(number)
            if header and header[4] == key and number not in self._damaged:
                found = max(found, header) if found else header
        if found is None:
            return None
        slots = found[3]
        for slot in slots:
            self._used[slot] = slots[0]
        return slots[0]

    def give_up(self, number):
        """What is in this slot is of no use: it is free, and find() does not find it again."""
        self._free(number)
        self._damaged[number] = True

    def saved(self, number):
        """The saved image in a slot: a memoryview of the flash itself."""
        _, length, code, slots, _ = self._header(number)
        start = _whole_pages(code) if len(slots) == 1 else 0
        return self._behind_header(number)[start : start + length]

    def code(self, number):
        """The code of the image in a slot: a memoryview of the flash itself."""
        _, _, code, slots, _ = self._header(number)
        return self._behind_header(slots[-1])[:code]

    async def write(self, key, read_code, build, old=None):
        """Writes an image under a key into a free slot; its number. The event loop goes on after each sector.

        `read_code(at, part, code)` and `build(code)` are those of `quickjs.Arena`, of one function. old: the slot whose
        image it replaces. ValueError where no slot is free, or none that an image needs which replaces one,
        where the image or the code is larger than a slot, and where the flash does not keep what is written.
        """
        async with self._changing:
            try:
                number = await self._write(key, read_code, build, old)
            except BaseException:
                for slot in [slot for slot, owner in self._used.items() if owner is None]:
                    self._used.pop(slot)
                    await self._erase(slot)
                raise
            return number

    async def erase(self, number):
        """Erases a slot, and that of its code; they are free then. The event loop goes on after each sector."""
        async with self._changing:
            header = self._header(number)
            for slot in header[3] if header and number in self._used else (number,):
                await self._erase(slot)
            self._free(number)

    async def tidy(self):
        """Erases all slots that are not in use and not blank: images of what is no more, and what a power cut left."""
        for number in range(self.count):
            if number not in self._used and not self._is_blank(number):
                async with self._changing:
                    await self._erase(number)

    async def _write(self, key, read_code, build, old):
        # How much it is, is known when it is built; what it replaces tells about that.
        header = self._header(old) if old is not None else None
        size = _whole_pages(header[2]) + header[1] if header else 0
        size = size if size <= self.capacity else 0
        while True:
            place = await self._take(size, old)
            room = len(self._behind_header(place))
            code = await self._write_code(place, read_code)
            image = build(code) if code else None
            size = _whole_pages(len(code)) + image.saved_size if image else self.capacity
            fits = size <= room or (image and size > self.capacity)
            if fits and self._choose(size, old, self._place(place)[1]) is None:
                break
            # There may be slots in which both have room, or smaller ones than what it replaces has.
            await self._erase(place)
            self._used.pop(place)
        number, start = place, PAGE + _whole_pages(len(code))
        if size > room:
            number, start = await self._take(image.saved_size, old), PAGE
        await self._write_image(number, start, image)
        self._finish(number, key, image.saved_size, place, len(code))
        return number

    async def _write_code(self, number, read_code):
        """Writes the code of a function; a memoryview of it, or None where a larger slot may have room for it."""
        part = bytearray(_PART)
        memory = self._behind_header(number)
        size, _ = read_code(0, part, memory)
        if size > len(memory):
            self._check_size("code", size)
            return None
        for at in range(0, size, _PART):
            if at:
                read_code(at, part, memory)
            await self._program(number, PAGE + at, memoryview(part)[: min(size - at, _PART)])
        return memory[:size]

    async def _write_image(self, number, start, image):
        page = bytearray(PAGE)
        for at in range(0, image.saved_size, PAGE):
            n = image.readinto(page, at)
            await self._program(number, start + at, memoryview(page)[:n])

    def _finish(self, number, key, length, place, code):
        self._generation += 1
        header = struct.pack(_HEADER, _MAGIC, self._generation, length, code, place, key)
        for slot in (place, number):
            self._used[slot] = number
        first = self._place(number)[0]
        self._region.writeblocks(first, _page(header + struct.pack("<I", crc32(header))), 0)

    def _free(self, owner):
        for slot in [slot for slot, of in self._used.items() if of == owner]:
            self._used.pop(slot)

    def _place(self, number):
        """(first sector, number of sectors) of a slot."""
        first = 0
        for slots, sectors in self._kinds:
            if number < slots:
                break
            number -= slots
            first += slots * sectors
        return first + number * sectors, sectors

    def _behind_header(self, number):
        first, sectors = self._place(number)
        return self._memory[first * SECTOR + PAGE : (first + sectors) * SECTOR]

    def _header(self, number):
        """(generation, length, bytes of code, slots, key) of the image in a slot, None where there is none.

        slots: its own, and that of its code where that is another one.
        """
        first, sectors = self._place(number)
        start = first * SECTOR
        data = self._memory[start : start + _HEADER_SIZE]
        (crc,) = struct.unpack_from("<I", self._memory, start + _HEADER_SIZE)
        magic, generation, length, code, place, key = struct.unpack(_HEADER, data)
        if magic != _MAGIC or crc != crc32(data) or not length or place >= self.count:
            return None
        if place == number:
            fits = _whole_pages(code) + length <= sectors * SECTOR - PAGE
        else:
            fits = length <= sectors * SECTOR - PAGE and code <= self._place(place)[1] * SECTOR - PAGE
        slots = (number,) if place == number else (number, place)
        return (generation, length, code, slots, key) if fits else None

    async def _take(self, size, old):
        """A blank slot, in which something of that size is going to be written."""
        self._check_size("image", size)
        number = self._choose(size, old)
        if number is None:
            what = " of %d bytes and more" % size if size else ""
            advice = "import less, or keep less at the top level"
            if any(owner not in (None, old) for owner in self._used.values()):
                advice = "remove a function with 'edgelet delete'"
            raise ValueError("none of this device's image slots%s is free: %s" % (what, advice))
        self._used[number] = None
        self._last[self._place(number)[1]] = number
        if number not in self._erased:
            await self._erase(number)
        self._erased.pop(number, None)
        return number

    def _check_size(self, what, size):
        if size > self.capacity:
            raise ValueError(
                "the %s has %d bytes, this device takes %d: import less, or keep less at the top level"
                % (what, size, self.capacity)
            )

    def _choose(self, size, old, below=None):
        """The slot for something of that size, or None. below: only one of fewer sectors."""
        before = 0
        for slots, sectors in self._kinds:
            numbers = range(before, before + slots)
            before += slots
            if size > sectors * SECTOR - PAGE or (below and sectors >= below):
                continue
            free = [number for number in numbers if number not in self._used]
            owners = [self._used[number] for number in numbers if number in self._used]
            # As many stay free as the image needs that has the most of them, for what will replace it.
            most = max([owners.count(owner) for owner in owners if owner is not None], default=0)
            spare = max(owners.count(None) + 1, most)
            if free and len(free) - 1 + (owners.count(old) if old is not None else 0) >= spare:
                last = self._last.get(sectors, -1)
                return min([((number - last - 1) % slots, number) for number in free])[1]
        return None

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

    async def _program(self, number, start, data):
        """Programs bytes from that one of a slot on, which begins a page, and verifies them."""
        first = self._place(number)[0]
        for at in range(0, len(data), PAGE):
            page = data[at : at + PAGE]
            sector, offset = divmod(start + at, SECTOR)
            self._region.writeblocks(first + sector, page if len(page) == PAGE else _page(bytes(page)), offset)
            if self._memory[(first + sector) * SECTOR + offset :][: len(page)] != page:
                raise ValueError(
                    "flash that is worn out: image slot %d does not keep what is written: try again" % number
                )
            if offset + PAGE == SECTOR:
                await asyncio.sleep_ms(0)


def _page(data):
    """A page that begins with `data`; the rest of it can still be programmed."""
    return data + b"\xff" * (PAGE - len(data))


def _whole_pages(size):
    return (size + PAGE - 1) // PAGE * PAGE
