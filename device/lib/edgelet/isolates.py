"""The arenas of this device, the images that are kept for them, and the queue of requests that wait for one."""

import asyncio

import quickjs


class Busy(Exception):
    """No arena became free in time."""


class Slot:
    """An arena and the images that were built in it: function -> quickjs.Image."""

    def __init__(self, arena):
        self.arena = arena
        self.images = {}


class _Waiter:
    def __init__(self):
        self.slot = None
        self.ready = asyncio.Event()


class Isolates:
    """`count` arenas of `size` bytes each.

    Images are kept while their bytes add up to at most `cache` bytes, one at least; the least recently built ones go
    first. At most `queue` requests wait, each at most `wait_ms`.
    """

    def __init__(self, count, size, cache, queue, wait_ms):
        self.cache = cache
        self.cached = 0
        self.wait_ms = wait_ms
        self.builds = 0
        # The last one given back is the first one taken: its image is the one in the processor's cache.
        self.idle = []
        self.slots = []
        for _ in range(count):
            self.slots.append(Slot(quickjs.Arena(size)))
        self.idle.extend(self.slots)
        self._waiting = []
        self._queue = queue

    @property
    def waiting(self):
        """How many requests wait for an arena."""
        return len(self._waiting)

    async def wait(self):
        """A slot for a request, which is now the caller's, who gives it back with `release`. Raises Busy."""
        if self.idle:
            return self.idle.pop()
        if len(self._waiting) >= self._queue:
            raise Busy("too many requests wait for an arena")
        try:
            return await self._turn(len(self._waiting), self.wait_ms)
        except asyncio.TimeoutError:
            raise Busy("no arena was free in time")

    async def take(self):
        """A slot for the device's own work, before all requests that wait.

        It waits for as long as it takes, which is no longer than a running call may last.
        """
        return self.idle.pop() if self.idle else await self._turn(0, None)

    async def _turn(self, position, wait_ms):
        """Waits at a position of the queue for the slot that another one gives back."""
        waiter = _Waiter()
        self._waiting.insert(position, waiter)
        try:
            await asyncio.wait_for_ms(waiter.ready.wait(), wait_ms)
            slot, waiter.slot = waiter.slot, None
            return slot
        finally:
            # Gone before its turn, or in the moment of it.
            if not waiter.ready.is_set():
                self._waiting.remove(waiter)
            elif waiter.slot is not None:
                self.release(waiter.slot)

    def release(self, slot):
        """Gives a slot to the request that waits longest, or back."""
        if self._waiting:
            waiter = self._waiting.pop(0)
            waiter.slot = slot
            waiter.ready.set()
        else:
            self.idle.append(slot)

    def build(self, slot, function):
        """Builds the image of `function` in a slot that is the caller's. Raises quickjs.Error."""
        image = function.build(slot.arena)
        self.builds += 1
        slot.images[function] = image
        self.cached += image.size
        self._evict(slot, function)
        return image

    def _evict(self, kept_slot, kept_function):
        for slot in self.slots:
            for function in list(slot.images):
                if self.cached <= self.cache:
                    return
                in_use = slot.arena.busy and slot is not kept_slot
                if not in_use and (slot is not kept_slot or function is not kept_function):
                    self._drop(slot, function)

    def _drop(self, slot, function):
        image = slot.images.pop(function)
        self.cached -= image.size
        image.erase()

    def erase(self, function):
        """Overwrites every image of `function`; none of its calls may be running."""
        for slot in self.slots:
            if function in slot.images:
                self._drop(slot, function)
