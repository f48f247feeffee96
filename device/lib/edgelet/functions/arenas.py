"""The arenas of this device, and the queue of requests that wait for one."""

import asyncio

import quickjs


class Busy(Exception):
    """No arena became free in time."""


class Slot:
    """An arena and the images for it: function -> quickjs.Image (see `edgelet.functions.ram_images`)."""

    def __init__(self, arena):
        self.arena = arena
        self.images = {}


class _Waiter:
    def __init__(self):
        self.slot = None
        self.ready = asyncio.Event()


class Arenas:
    """`count` arenas of `size` bytes each. At most `queue` requests wait, each at most `wait_ms`."""

    def __init__(self, count, size, queue, wait_ms):
        # The last one given back is the first one taken: its image is the one in the processor's cache.
        self.idle = []
        self.slots = []
        for _ in range(count):
            self.slots.append(Slot(quickjs.Arena(size)))
        self.idle.extend(self.slots)
        self.size = self.slots[0].arena.size  # which the firmware may fix
        self._waiting = []
        self._queue = queue
        self._wait_ms = wait_ms

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
            return await self._turn(len(self._waiting), self._wait_ms)
        except asyncio.TimeoutError:
            raise Busy("no arena was free in time")

    async def take(self, wait_ms=None):
        """A slot for the device's own work, before all requests that wait.

        Raises asyncio.TimeoutError after `wait_ms`; without it, it waits for as long as a running call may last.
        """
        return self.idle.pop() if self.idle else await self._turn(0, wait_ms)

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

    def close(self):
        """Gives the memory of all arenas back. Nobody may have one."""
        for slot in self.slots:
            slot.arena.close()
