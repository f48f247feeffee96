"""Runs first on a board."""

from edgelet import board

board.boot()
