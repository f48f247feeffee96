"""Where the functions' images are kept: in RAM, or in flash where a board has no RAM for them.

Both kinds have the same methods. A slot is one of `edgelet.functions.arenas`, an arena; its `images` are what requests
find.
"""

import quickjs
from edgelet.storage.image_slots import ImageSlots


class RamImages:
    """Images in RAM, one for each function and each arena that it has run in.

    They are kept while their bytes add up to at most `most` bytes, one at least; the least recently built ones go
    first, and are built anew when a request needs them.
    """

    room = None  # how many functions have room; None for any number

    def __init__(self, slots, most):
        self._slots = slots
        self._most = most
        self.bytes = 0  # of all images
        self.builds = 0

    def find(self, function):
        """Whether requests will find an image of this function, or get one made; at the start of the device."""
        return True

    async def tidy(self):
        """Erases images that are of no use any more, when the functions of the device have been found."""

    def demand(self, slot, function):
        """The image for a request that found none in its slot. Raises quickjs.Error or ValueError."""
        image = function.build(slot.arena)
        self.builds += 1
        slot.images[function] = image
        self.bytes += image.size
        self._evict(slot, function)
        return image

    async def make(self, slot, function):
        """Builds the image of a function in a slot that is the caller's. Raises quickjs.Error or ValueError."""
        self.demand(slot, function)

    async def erase(self, function):
        """Erases every image of a function, of which no call may be running."""
        for slot in self._slots:
            if function in slot.images:
                self._drop(slot, function)

    def stop(self):
        """The device stops: erases what must not outlive it."""
        for slot in self._slots:
            for function in list(slot.images):
                self._drop(slot, function)

    def _evict(self, kept_slot, kept_function):
        for slot in self._slots:
            for function in list(slot.images):
                if self.bytes <= self._most:
                    return
                in_use = slot.arena.busy and slot is not kept_slot
                if not in_use and (slot is not kept_slot or function is not kept_function):
                    self._drop(slot, function)

    def _drop(self, slot, function):
        image = slot.images.pop(function)
        self.bytes -= image.size
        image.erase()


class FlashImages:
    """Images in a region of flash (see `edgelet.storage.image_slots.ImageSlots`), for the one arena of `slot`.

    A new image is written before the old one is erased, for which there is a spare slot. Requests never build: that
    would stop the device for a second and wear the flash.
    """

    bytes = 0  # in RAM

    def __init__(self, slot, region):
        self._slot = slot
        self._flash = ImageSlots(region)
        self._numbers = {}  # function -> its image slot
        self._problems = {}  # function -> why it has no image
        self.room = self._flash.count - 1
        self.builds = 0

    def find(self, function):
        """As in `RamImages`: finds the image that an earlier start of the device has left."""
        key = function.key()
        number = self._flash.find(key)
        while number is not None:
            try:
                self._map(function, number)
                return True
            except quickjs.Error:
                # Damaged, or of another firmware. There may be an older one that was not erased yet.
                self._flash.give_up(number)
                number = self._flash.find(key)
        return False

    async def tidy(self):
        """As in `RamImages`."""
        await self._flash.tidy()

    def demand(self, slot, function):
        """Raises ValueError: why the function has no image."""
        raise ValueError(self._problems.get(function) or "it is not built yet")

    async def make(self, slot, function):
        """As in `RamImages`. ValueError too where no image slot is free, or the image is larger than one."""
        try:
            key = function.key()
            draft = function.build(slot.arena, False)
            self.builds += 1
            number = await self._flash.write(key, draft)
            try:
                self._map(function, number)
            except quickjs.Error:
                await self._flash.erase(number)
                raise ValueError("flash that is worn out: image slot %d does not keep what is written" % number)
        except (ValueError, quickjs.Error) as e:
            self._problems[function] = str(e)
            raise

    def _map(self, function, number):
        image = self._slot.arena.map(self._flash.saved(number))
        self._slot.images[function] = image
        self._numbers[function] = number
        function.image_size = image.size

    async def erase(self, function):
        """As in `RamImages`."""
        image = self._slot.images.pop(function, None)
        if image:
            image.erase()
        self._problems.pop(function, None)
        number = self._numbers.pop(function, None)
        if number is not None:
            await self._flash.erase(number)

    def stop(self):
        """Leaves the images for the next start."""
