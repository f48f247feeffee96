"""What a connection is doing, and when that has taken too long."""

import time

from micropython import const

IDLE = const(0)  # nothing of the next request has come
HEAD = const(1)  # a part of its head has
BODY = const(2)  # its head has, its body has not
ANSWER = const(3)  # a function or a route answers; a function knows its own limit
SEND = const(4)  # the client is slow to take a response
STREAM = const(5)  # a streamed response of unknown length runs
LINGER = const(6)  # all is said; what the client still sends is dropped

# The name in `edgelet.limits.TABLE` of each phase's limit.
_LIMITS = const(("idle_ms", "head_ms", "body_ms", None, "send_ms", "wall_ms", None))
_LINGER_MS = const(1000)


class Timeout:
    """The time limit of a connection of `server`: `phase`, and `since` when by the server's clock."""

    def __init__(self, server):
        self._server = server
        self.phase = IDLE
        self.since = server.now
        self._was_over = False

    def enter(self, phase):
        """Another phase begins."""
        self.phase = phase
        self.since = self._server.now
        self._was_over = False

    def is_over(self, now):
        """Whether the phase has taken too long, at this look and at the one before; `now` is the server's.

        In between what the client had sent by the first one was read, also where the event loop had stood still.
        """
        name = _LIMITS[self.phase]
        if name:
            limit = getattr(self._server.limits, name)
        elif self.phase == LINGER:
            limit = _LINGER_MS
        else:
            return False
        was_over, self._was_over = self._was_over, time.ticks_diff(now, self.since) >= limit
        return was_over and self._was_over
