"""Where the functions' images are kept on a device with RAM for them.

A slot is one of `edgelet.functions.arenas`, an arena; its `images` are what requests find.
"""


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
