"""MicroPython: the runtime with image slots in a flash that outlives it, in the file DATA.flash.

Three slots, or as $SLOTS says: NUMBERxSECTORS of each size, with commas between them.

Arguments: DATA --host ADDRESS --port PORT.
"""

# MicroPython has no pathlib.
# ruff: noqa: PTH123

import os
import sys

import nor
from edgelet import runtime

# With 64-bit addresses an image takes 82 KB and, with the red zone that the sanitizer's firmware has behind each block,
# 98; a Pico's slot holds a whole arena.
SLOTS = [tuple(map(int, kind.split("x"))) for kind in os.getenv("SLOTS", "3x32").split(",")]


class FileChip(nor.Chip):
    """A chip whose changes are in a file at once."""

    def __init__(self, path):
        # At an address that does not depend on whether there is a file.
        media = bytearray(sum(number * sectors for number, sectors in SLOTS) * nor.SECTOR)
        try:
            with open(path, "rb") as file:
                file.readinto(media)
        except OSError:
            for at in range(len(media)):
                media[at] = 0xFF
            with open(path, "wb") as file:
                file.write(media)
        self._file = open(path, "r+b")  # noqa: SIM115 - for as long as the process lives
        super().__init__(media)

    def _change(self, at, data):
        super()._change(at, data)
        self._file.seek(at)
        self._file.write(data)


data, _, host, _, port = sys.argv[1:]
chip = FileChip(data + ".flash")
runtime.run(data, host, int(port), region=nor.Region(chip, 0, *SLOTS))
