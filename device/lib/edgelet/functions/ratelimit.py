"""Rate limits in RAM, for a binding of type "ratelimit": nothing is written to flash.

Each key is limited by the generic cell rate algorithm (ITU-T I.371, annex A), which needs one number
a key: the time until which its allowance is spoken for. A key whose time has passed is as good as
unknown and is forgotten first. When all places are taken by keys that still count, a new key takes
the place of the one with the earliest time *and inherits that time* (the Space-Saving algorithm of
Metwally, Agrawal and El Abbadi, 2005). So whoever floods the table with invented keys never gets a
key forgotten to its profit; at worst new keys get less than their limit until the flood is over.
"""

import time
from array import array
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
        # All of it is made here: what came key by key would tear a board's heap.
        self._places = places
        self._used = 0
        self._until = array("Q", bytes(8 * places))
        self._digests = bytearray(_DIGEST * places)
        # Keys whose digests have the same remainder follow each other: the place + 1 of the first, and of the next one.
        number = "BHI"[(places > 0xFF) + (places > 0xFFFF)]
        self._first = array(number, [0] * places)
        self._next = array(number, [0] * places)
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
        place = self._find(digest)
        is_known = place is not None
        if not is_known:
            place = self._room()
        until = max(self._until[place], now) + self._cost
        if until > now + self._allowance:
            return False
        if not is_known:
            self._take(place, digest)
        self._until[place] = until
        return True

    def _advance(self):
        """The time since the start, which does not wrap.

        After more than 12 days without a call it may be behind: then limits are stricter for a while, never laxer.
        """
        ticks = self._ticks_ms()
        self._now += ((ticks - self._ticks) & _TICKS_MASK) * self._unit
        self._ticks = ticks
        return self._now

    def _find(self, digest):
        """The place of a key, None where it has none."""
        place = self._first[self._chain(digest)]
        while place:
            if self._digest(place - 1) == digest:
                return place - 1
            place = self._next[place - 1]
        return None

    def _room(self):
        """The place for a new key: one that nobody has had, or that of the earliest time."""
        if self._used < self._places:
            return self._used
        earliest = min(self._until)
        place = 0
        while self._until[place] != earliest:
            place += 1
        return place

    def _take(self, place, digest):
        """Gives a place to a new key."""
        if place == self._used:
            self._used += 1
        else:
            self._take_out(place)
        self._digests[place * _DIGEST : (place + 1) * _DIGEST] = digest
        chain = self._chain(digest)
        self._next[place] = self._first[chain]
        self._first[chain] = place + 1

    def _take_out(self, place):
        chain = self._chain(self._digest(place))
        before = self._first[chain]
        if before == place + 1:
            self._first[chain] = self._next[place]
            return
        while self._next[before - 1] != place + 1:
            before = self._next[before - 1]
        self._next[before - 1] = self._next[place]

    def _digest(self, place):
        return bytes(self._digests[place * _DIGEST : (place + 1) * _DIGEST])

    def _chain(self, digest):
        return (digest[0] | digest[1] << 8) % self._places
