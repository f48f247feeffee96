"""The clocks of this device: the time of day, and the time since the start.

A board's time of day is set from the network (`edgelet.board.ntp`); Linux keeps its own.
"""

import time

# Ports that count from 2000 instead of 1970.
_EPOCH_S = 946684800 if time.gmtime(0)[0] == 2000 else 0
_EARLIEST_UNIX_S = 1767225600  # 2026-01-01: an earlier clock was never set


class Uptime:
    """A clock that does not wrap, as `time.ticks_ms` does. ticks_ms: a clock like that, last: before it begins at 0."""

    def __init__(self, ticks_ms, last):
        self._ticks_ms = ticks_ms
        self._last = last
        self._ticks = ticks_ms()
        self._ms = 0

    def __call__(self):
        """Milliseconds since it was made. A board wraps after 12 days; `edgelet.board.ntp` asks more often."""
        ticks = self._ticks_ms()
        self._ms += (ticks - self._ticks) & self._last
        self._ticks = ticks
        return self._ms


#: Milliseconds since the start of the device.
uptime_ms = Uptime(time.ticks_ms, time.ticks_add(0, -1))


# Differences of a board's time.ticks_us() are right up to 8.9 minutes.
_TICKS_US_MS = 500000


def us_since(us, ms):
    """Microseconds since time.ticks_us() and time.ticks_ms() gave these values, which may be days ago."""
    passed_ms = time.ticks_diff(time.ticks_ms(), ms)
    return passed_ms * 1000 if passed_ms > _TICKS_US_MS else time.ticks_diff(time.ticks_us(), us)


def unix_ms():
    """Milliseconds since 1970 by this device's clock, set or not."""
    return time.time_ns() // 1000000 + _EPOCH_S * 1000


def unix_us():
    """Microseconds since 1970 by this device's clock."""
    return time.time_ns() // 1000 + _EPOCH_S * 1000000


def from_unix(seconds):
    """Seconds since 1970, as seconds since the epoch of this port's `time` module."""
    return seconds - _EPOCH_S


def is_set():
    """Whether the clock tells the time of day."""
    return time.time() + _EPOCH_S >= _EARLIEST_UNIX_S


def rtc_set_second(unix_s):
    """Sets a board's real-time clock."""
    from machine import RTC

    year, month, day, hour, minute, second, weekday = time.gmtime(from_unix(unix_s))[:7]
    RTC().datetime((year, month, day, weekday, hour, minute, second, 0))
