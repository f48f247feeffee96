"""Safe mode, in which the server stays off and the REPL works: after three failed starts in a row, or by a pin.

A start counts as failed until the server has been up for `HEALTHY_S` seconds. The count is kept in a file, so that
three quick power cycles, too, lead into safe mode where nothing else helps.
"""

import asyncio
import os

from edgelet.storage import files

LIMIT = 3  # failed starts in a row
HEALTHY_S = 30

#: Why the server is off, as text for a person; "" where the board is not in safe mode.
active = ""


class Starts:
    """The count of failed starts in a row, in the file `path`."""

    def __init__(self, path):
        self._path = path

    @property
    def failed(self):
        """How many are counted, at most LIMIT."""
        return self._read()

    def begin(self):
        """Counts this start as failed, for now. Returns how many before it failed."""
        failed = self._read()
        self._write(b"%d" % min(failed + 1, LIMIT))
        return failed

    def succeeded(self):
        """Forgets the count: the present start is no failure."""
        try:
            os.remove(self._path)
        except OSError:  # there is none
            pass

    async def watch(self):
        """Waits until this start has proved good."""
        await asyncio.sleep(HEALTHY_S)
        self.succeeded()

    def _read(self):
        try:
            with open(self._path, "rb") as f:
                return int(f.read(4))
        except (OSError, ValueError):  # none, or damaged by a power cut
            return 0

    def _write(self, text):
        try:
            files.make_folder(files.folder_of(self._path))
            with open(self._path, "wb") as f:
                f.write(text)
        except (OSError, ValueError):  # a full or damaged file system must not keep the server from starting
            pass


def reason(starts, is_pin_low):
    """Counts this start. Returns why the server must stay off, as text for a person, "" where it need not.

    is_pin_low(): whether the pin asks for it. Where that raises, the start is counted.
    """
    failed = starts.begin()
    if failed >= LIMIT:
        return "%d starts in a row failed" % failed
    return "the safe mode pin is low" if is_pin_low() else ""
