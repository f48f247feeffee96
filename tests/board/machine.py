"""A board's clock, for the Linux firmware: what MicroPython's `machine` offers of it."""

import time


class RTC:
    def datetime(self, fields):
        year, month, day, _, hour, minute, second, _ = fields
        time.set_time(time.mktime((year, month, day, hour, minute, second, 0, 0)))
