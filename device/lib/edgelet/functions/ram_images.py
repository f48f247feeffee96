"""Where the functions' images are kept on a device with RAM for them."""


class RamImages:
    """Images in RAM. `images` is what requests find: function -> quickjs.Image.

    They are kept while their bytes add up to at most `most` bytes, one at least, and those of functions whose requests
    wait; the least recently built ones go first, and are built anew when a request needs them.
    """

    room = None  # how many functions have room; None for any number

    def __init__(self, arena, most):
        self._arena = arena
        self._most = most
        self.images = {}
        self.bytes = 0  # of all images
        self.builds = 0

    def find(self, function):
        """Whether requests will find an image of this function, or get one made; at the start of the device."""
        return True

    async def tidy(self):
        """Erases images that are of no use any more, when the functions of the device have been found."""

    def demand(self, function):
        """The image for a request that found none. Raises quickjs.Error or ValueError."""
        image = function.build(self._arena)
        self.builds += 1
        self.images[function] = image
        self.bytes += image.size
        self._evict(function)
        return image

    def problem(self, function):
        """Why requests are refused until something changes; "" where they find an image, or have one built."""
        return ""

    async def make(self, function):
        """Builds the image of a function; the arena is held for it. Raises quickjs.Error or ValueError."""
        self.demand(function)

    async def erase(self, function):
        """Erases the image of a function, of which no call may be running."""
        if function in self.images:
            self._drop(function)

    def stop(self):
        """The device stops: erases what must not outlive it."""
        for function in list(self.images):
            self._drop(function)

    def _evict(self, kept):
        for function in list(self.images):
            if self.bytes <= self._most:
                return
            if function is not kept and not function.pending:
                self._drop(function)

    def _drop(self, function):
        image = self.images.pop(function)
        self.bytes -= image.size
        image.erase()
