"""Idle hours of an emulated board, skipped: what its machine and the program that watches it know of time together.

The program lets emulated time run as fast as it can while nobody has anything to do: nobody outside of the machine
thinks or has something unread. The machine counts what goes out and comes in (`traffic`), each of which ends such a
permission. The other end of the line, peer, says when its next timer is due, beyond which nothing is skipped.
"""

import mmap
from pathlib import Path

_BYTES = 8
_NOW, _RESETS, _TRAFFIC, _LIMIT, _SEEN, _DUE = range(6)  # peer.c has the first and the last
_COUNT = 6


class Hours:
    """A file of numbers that both have in memory; it is made where it is missing."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_COUNT * _BYTES))
        with path.open("r+b") as file:
            self._values = memoryview(mmap.mmap(file.fileno(), 0)).cast("d")

    # The machine's

    def tell(self, now_ns: float, traffic: int) -> None:
        """Say how late it is, in ns, and how often something has gone over line and console."""
        self._values[_NOW] = now_ns
        self._values[_TRAFFIC] += traffic

    def tell_reset(self) -> None:
        """Say that the chip is reset."""
        self._values[_RESETS] += 1

    @property
    def may_skip_ns(self) -> float:
        """How much time may pass without waiting for the clock on the wall."""
        if self._values[_SEEN] != self._values[_TRAFFIC]:
            return 0.0
        return max(min(self._values[_LIMIT], self._values[_DUE]) - self._values[_NOW], 0.0)

    # The watching program's

    @property
    def now_ns(self) -> float:
        """Emulated time since power-on."""
        return self._values[_NOW]

    @property
    def resets(self) -> int:
        """How often the chip was reset since power-on, by whomever."""
        return int(self._values[_RESETS])

    @property
    def traffic(self) -> int:
        """How often something has gone over line and console."""
        return int(self._values[_TRAFFIC])

    def permit(self, limit_ns: float, traffic: int) -> None:
        """Have time skipped up to `limit_ns`, provided that nothing but `traffic` has gone over line and console."""
        self._values[_LIMIT] = limit_ns
        self._values[_SEEN] = traffic
