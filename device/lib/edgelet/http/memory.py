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
    the limits allow.
    """

    def __init__(self, limits):
        gc.collect()
        self.most = max((gc.mem_free() - limits.connections * CONNECTION_BYTES) // 2, limits.head + limits.body)
        self.held = 0

    def check(self):
        """Raises Full where nobody may begin what will hold more."""
        if self.held >= self.most:
            raise Full


class Share:
    """What one connection holds."""

    def __init__(self, memory):
        self._memory = memory
        self._held = 0

    def hold(self, size):
        """Holds `size` bytes instead of what it held before; raises Full where it may not grow by so much."""
        more = size - self._held
        if more > 0 and self._memory.held + more > self._memory.most:
            raise Full
        self.keep(size)

    def keep(self, size):
        """Holds `size` bytes, which are there already, instead of what it held before."""
        self._memory.held += size - self._held
        self._held = size
