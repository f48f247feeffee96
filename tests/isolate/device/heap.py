"""MicroPython's heap, whose freed blocks keep their content."""

import gc


def overwrite():
    """Overwrites what is free."""
    gc.collect()
    blocks = []
    try:
        while True:
            blocks.append(bytearray(16))
    except MemoryError:
        blocks = None
    gc.collect()
