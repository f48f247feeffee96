"""Where the functions' images are kept on a board that has RAM for one arena and for no image: in flash.

`FlashImages` has the methods of `edgelet.functions.ram_images.RamImages`.
"""

import quickjs
from edgelet.storage.image_slots import ImageSlots


class FlashImages:
    """Images in a region of flash (see `edgelet.storage.image_slots.ImageSlots`), for one arena.

    A new image is written before the old one is erased, for which a slot of each size is spare. Requests never build:
    that would stop the device for a second and wear the flash.
    """

    bytes = 0  # in RAM

    def __init__(self, arena, region):
        self._arena = arena
        self.images = {}
        self._flash = ImageSlots(region)
        self._numbers = {}  # function -> its image slot
        self._problems = {}  # function -> why it has no image
        self.room = self._flash.room
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

    def demand(self, function):
        """Raises ValueError: why the function has no image."""
        raise ValueError(self._problems.get(function) or "it is not built yet")

    def problem(self, function):
        """As in `RamImages`."""
        return self._problems.get(function, "")

    async def make(self, function):
        """As in `RamImages`. ValueError too where no image slot is free, or the image is larger than one."""
        try:
            key = function.key()
            inputs = function.inputs()
            number = await self._flash.write(
                key,
                lambda at, part, code: function.read_code(self._arena, at, part, code, inputs),
                lambda code: function.build(self._arena, False, code, inputs),
                self._number_of(function.name),
            )
            self.builds += 1
            self._map(function, number)
        except (ValueError, quickjs.Error) as e:
            self._problems[function] = str(e)
            raise

    def _number_of(self, name):
        for function, number in self._numbers.items():
            if function.name == name:
                return number
        return None

    def _map(self, function, number):
        image = self._arena.map(self._flash.saved(number), self._flash.code(number))
        self.images[function] = image
        self._numbers[function] = number
        function.image_size = image.size

    async def erase(self, function):
        """As in `RamImages`."""
        image = self.images.pop(function, None)
        if image:
            image.erase()
        self._problems.pop(function, None)
        number = self._numbers.pop(function, None)
        if number is not None:
            await self._flash.erase(number)

    def stop(self):
        """Leaves the images for the next start."""
