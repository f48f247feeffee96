"""The wall clock of this device. A board's is set from the network (`edgelet.board.ntp`); Linux keeps its own."""

import time

# Ports that count from 2000 instead of 1970.
_EPOCH_S = 946684800 if time.gmtime(0)[0] == 2000 else 0
_EARLIEST_UNIX_S = 1767225600  # 2026-01-01: an earlier clock was never set


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
