"""The hardware watchdog: resets the board when the event loop no longer comes round.

Linux has none; there systemd or whoever started the firmware looks after it.
"""

import asyncio

from edgelet import event_loop
from micropython import const

TIMEOUT_MS = 8000  # RP2040 and RP2350 allow 8388
_FEED_MS = const(1000)
HOLD_LIMIT_S = 120  # how long a command of the console may keep the event loop waiting


class Watchdog:
    """Feeds `wdt`, a `machine.WDT`, from the event loop.

    While `hold(True)` is in force `timer`, a `machine.Timer`, feeds it instead, for at most `HOLD_LIMIT_S` seconds: a
    command of the console may take long, but not for ever.
    """

    def __init__(self, wdt, timer):
        self._wdt = wdt
        self._timer = timer
        self._left = 0

    async def run(self):
        """Feeds, for as long as the event loop runs."""
        # A task's turn may be far: as many handlers as there are connections compute before it.
        event_loop.before_each_step(self._wdt.feed)
        while True:
            await asyncio.sleep_ms(_FEED_MS)

    def hold(self, on):
        """The event loop is about to stand still (True), or goes on (False)."""
        self._wdt.feed()
        if on:
            self._left = HOLD_LIMIT_S * 1000 // _FEED_MS
            self._timer.init(period=_FEED_MS, callback=self._held)
        else:
            self._timer.deinit()

    def _held(self, _timer):
        if self._left > 0:
            self._left -= 1
            self._wdt.feed()
