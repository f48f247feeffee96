"""Rate limits in RAM, for a binding of type "ratelimit": nothing is written to flash.

Each key is limited by the generic cell rate algorithm (ITU-T I.371, annex A), which needs one number
a key: the time until which its allowance is spoken for. A key whose time has passed is as good as
unknown and is forgotten first. When all places are taken by keys that still count, a new key takes
the place of the one with the earliest time *and inherits that time* (the Space-Saving algorithm of
Metwally, Agrawal and El Abbadi, 2005). So whoever floods the table with invented keys never gets a
key forgotten to its profit; at worst new keys get less than their limit until the flood is over.
"""

import time
from hashlib import sha256

KEY_BYTES = 512
_DIGEST = 12  # bytes kept of a key: equal ones are found by accident only
_TICKS_MASK = (1 << 30) - 1  # MicroPython's time.ticks_ms has at least these bits on every port


class RateLimit:
    """At most `limit` calls at once for each key, and `limit` in `period` seconds in the long run.

    places: how many keys are told apart. ticks_ms: a clock like MicroPython's `time.ticks_ms`.
    """

    def __init__(self, limit, period, places, ticks_ms=None):
        # Time is counted in units of 1/limit milliseconds: exact, where a board's float is not.
        self._unit = limit
        self._cost = period * 1000  # time that one call takes of the allowance
        self._allowance = period * 1000 * limit
        self._places = places
        self._until = {}  # digest of a key -> time
        self._ticks_ms = ticks_ms or time.ticks_ms
        self._ticks = self._ticks_ms()
        self._now = 0

    def limit(self, key):
        """Whether a call for `key` (str) is within the limit; one that is not takes nothing.

        ValueError where the key is not text of at most 512 bytes.
        """
        if not isinstance(key, str) or len(key.encode()) > KEY_BYTES:
            raise ValueError("the key of a rate limit must be text of at most %d bytes" % KEY_BYTES)
        now = self._advance()
        digest = sha256(key.encode()).digest()[:_DIGEST]
        victim = None
        until = self._until.get(digest)
        if until is None:
            victim, until = self._place()
        until = max(until, now) + self._cost
        if until > now + self._allowance:
            return False
        if victim is not None:
            del self._until[victim]
        self._until[digest] = until
        return True

    def _advance(self):
        """The time since the start, which does not wrap.

        After more than 12 days without a call it may be behind: then limits are stricter for a while, never laxer.
        """
        ticks = self._ticks_ms()
        self._now += ((ticks - self._ticks) & _TICKS_MASK) * self._unit
        self._ticks = ticks
        return self._now

    def _place(self):
        """For a new key: (the digest that makes room or None, the time that the key begins with)."""
        if len(self._until) < self._places:
            return None, 0
        victim = min(self._until, key=self._until.get)
        return victim, self._until[victim]
