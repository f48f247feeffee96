"""What has run out: counted for the metrics, and named in the log."""

from edgelet import clock, log
from micropython import const

_PAUSE_MS = const(1000)  # between two lines of the log about the same thing

#: What can run out -> how often it has.
counts = {
    "heap": 0,  # of MicroPython, for anything
    "bodies": 0,  # the share of it for what connections hold, see `edgelet.http.memory`
    "connections": 0,  # the limit of that name
}
_told = {}  # what -> when the log was told, clock.uptime_ms()


def add(what, text):
    """Counts that something, a key of `counts`, has run out. text: for the log, what that means and what to do."""
    counts[what] += 1
    now = clock.uptime_ms()
    try:
        if what not in _told or now - _told[what] >= _PAUSE_MS:
            _told[what] = now
            log.warn("%s (%d times so far)" % (text, counts[what]))
    except MemoryError:
        pass
