"""How much of the heap connections hold: heads and bodies that arrive, and responses that wait for their clients.

Without a bound, a few slow bodies take all of a small heap, and nobody else is served, or even accepted, until they
time out.
"""

import gc

from edgelet import shortages
from edgelet.http.reader import Refused
from edgelet.limits import CONNECTION_BYTES


class Full(Refused):
    """Connections hold as much of the heap as they may."""

    def __init__(self):
        super().__init__(503, "too many large requests and responses: try again later")
        shortages.add("bodies", "bodies and slow responses hold all the memory there is for them: a request got 503")


class Memory:
    """The account of one server with these `limits`: `held` of `most` bytes.

    `most` is half of what is free once every connection has its buffer, but has room for one request of any size that
    the limits allow. The requests of one function hold three quarters of it at most, or one such request, so that
    others have room.
    """

    def __init__(self, limits):
        gc.collect()
        self.most = max((gc.mem_free() - limits.connections * CONNECTION_BYTES) // 2, limits.head + limits.body)
        self._most_of_one = max(self.most * 3 // 4, limits.head + limits.body)
        self.held = 0
        self._owned = {}  # function -> what its requests hold of it, where they hold something

    def check(self, function, more=1):
        """Raises Full where a request to this function, None for nobody's, may not hold so many bytes more."""
        if self.held + more > self.most:
            raise Full
        if function is not None:
            owned = self._owned.get(function, 0) if self._owned else 0
            if owned + more > self._most_of_one:
                raise Full

    def count(self, function, more):
        """A request to this function holds so many bytes more, or less."""
        self.held += more
        if function is not None:
            owned = self._owned.get(function, 0) + more
            if owned:
                self._owned[function] = owned
            else:
                self._owned.pop(function, None)


class Share:
    """What one connection holds, for a request to the function that it belongs to."""

    def __init__(self, memory):
        self._memory = memory
        self._held = 0
        self._function = None

    def belong(self, function):
        """What it holds, and will, is for a request to this function, or None."""
        if function is not self._function:
            held = self._held
            if held:
                self._memory.count(self._function, -held)
                self._memory.count(function, held)
            self._function = function

    def hold(self, size):
        """Holds `size` bytes instead of what it held before; raises Full where it may not grow by so much."""
        more = size - self._held
        if more > 0:
            self._memory.check(self._function, more)
        self.keep(size)

    def keep(self, size):
        """Holds `size` bytes, which are there already, instead of what it held before."""
        if size != self._held:
            self._memory.count(self._function, size - self._held)
            self._held = size
        if not size:
            # A function that is replaced must not be kept by those who once asked it.
            self._function = None
