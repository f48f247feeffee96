"""Runs first on a board."""

from edgelet import startup

startup.boot()
