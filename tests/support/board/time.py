"""The `time` of a board, for the Linux firmware: the clock begins in 1970, until machine.RTC sets it.

It counts whole seconds.
"""

import utime
from utime import *  # noqa: F403

_offset_s = [-int(utime.time())]


def time():
    return int(utime.time()) + _offset_s[0]


def time_ns():
    return utime.time_ns() + _offset_s[0] * 1000000000


def set_time(seconds):
    _offset_s[0] = seconds - int(utime.time())
