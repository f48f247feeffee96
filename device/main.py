"""Starts the server on a board; in safe mode MicroPython's own prompt follows instead."""

from edgelet import startup

startup.run()
