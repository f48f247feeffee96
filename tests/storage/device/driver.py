"""MicroPython: executes what a test sends, a line each with the repr of its source; answers with a repr.

Either ("value", value of the expression or None) or ("error", type, message).
"""

import sys

import flash
from deploys import *  # noqa: F403 - for the test's sources


class Disk:
    """A littlefs whose power can be cut."""

    def __init__(self, blocks):
        self.flash = flash.Flash(flash.blank(blocks))
        flash.mount(self.flash)

    def restart(self):
        """The power comes back."""
        flash.vfs.umount(flash.MOUNT)
        self.flash = flash.Flash(self.flash.media)
        flash.mount(self.flash)

    def cut(self, operations, torn):
        """The power will fail after so many more programs and erases."""
        self.flash.cut_after(operations, torn)


def answer(source):
    try:
        try:
            value = eval(source)
        except SyntaxError:
            value = None
            exec(source)
        return "value", value
    except Exception as error:
        return "error", type(error).__name__, str(error)


while True:
    line = sys.stdin.readline()
    if not line:
        break
    print(repr(answer(eval(line))))
