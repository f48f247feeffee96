"""Executes the commands that arrive on the console, in a world of their own beside the server's."""

import gc
import io
import os
import sys
from asyncio import core

import micropython
from micropython import const

try:
    import _console
except ImportError:
    _console = None

_HALF_MEMORY = const(2)  # of the free memory, a command may take this part: its compiled form needs room too
_SMALL = const(4096)

_RESERVE = const(8)  # as a part of the memory in use, what a command must leave free

_EXCERPT = const(2048)  # bytes of the beginning of a traceback, and at least as many of its end

_OWN_FRAME = b'executor.py", line'

#: Where set, called with True before a command executes and with False after it: the event loop stands still meanwhile.
hold = None


class Source:
    """The text of a command as it arrives. `too_long` where memory did not allow for it."""

    def __init__(self):
        self.text = bytearray()
        self.too_long = False

    def add(self, data):
        """Takes the next piece."""
        try:
            grown = len(self.text) + len(data)
            # Measuring free memory takes a walk through the heap: not for every piece.
            if grown > _SMALL and grown // _SMALL > len(self.text) // _SMALL:
                self.too_long = self.too_long or grown > gc.mem_free() // _HALF_MEMORY
            if not self.too_long:
                self.text.extend(data)
        except MemoryError:
            self.too_long = True
        if self.too_long:
            self.text = bytearray()


class Executor:
    """A namespace and a working directory that commands share with each other and not with the server."""

    def __init__(self):
        self._home = os.getcwd()
        self.reset()

    def reset(self):
        """Forgets what earlier commands defined: the raw REPL's soft reset."""
        self._names = {"__name__": "__main__"}
        self._directory = self._home
        gc.collect()

    def run(self, source, mode):
        """Executes `source`: `"exec"`, or `"single"` as at a prompt, where values of expressions are printed.

        Returns the traceback (b"" where there is none, None for SystemExit) and the input that arrived meanwhile and
        that the command left unread.
        """
        error = None
        task = core.cur_task
        if hold:
            hold(True)
        try:
            try:
                self._execute(source, mode)
            except BaseException as e:
                error = e
            _interrupt_off()
        except KeyboardInterrupt as e:
            error = error or e
            _interrupt_off()
        if isinstance(error, MemoryError):
            self._recover_memory()
        typed = _console.execute(False) if _console else b""
        core.cur_task = task  # asyncio.run() in a command leaves another one
        self._leave()
        if hold:
            hold(False)
        return (None if isinstance(error, SystemExit) else traceback(error)), typed

    def _execute(self, source, mode):
        code = compile(source, "<stdin>", mode) if mode == "single" else source
        try:
            os.chdir(self._directory)
        except OSError:  # it was removed
            pass
        if _console:
            _console.execute(True)
        micropython.kbd_intr(3)
        exec(code, self._names)

    def _recover_memory(self):
        gc.collect()
        if gc.mem_free() < gc.mem_alloc() // _RESERVE:
            self.reset()  # what the command keeps would make the server fail next

    def _leave(self):
        try:
            self._directory = os.getcwd()
            os.chdir(self._home)
        except OSError:
            self._directory = self._home


def _interrupt_off():
    """Ends what kbd_intr(3) began: a Ctrl-C that has come already is raised in here and nowhere later."""
    try:
        micropython.kbd_intr(-1)
        for _ in range(2):  # MicroPython raises what is pending where a loop goes back
            pass
    except KeyboardInterrupt:
        micropython.kbd_intr(-1)


class _Excerpt(io.IOBase):
    """Keeps the beginning and the end of what is written to it: an endless recursion has thousands of frames."""

    def __init__(self):
        self.head = b""
        self.tail = b""
        self.is_whole = True

    def write(self, data):
        """Takes the next piece."""
        data = bytes(data)
        if len(self.head) < _EXCERPT:
            self.head += data
        else:
            self.tail += data
            if len(self.tail) > 2 * _EXCERPT:
                self.tail = self.tail[-_EXCERPT:]
                self.is_whole = False
        return len(data)

    def lines(self):
        """The lines, without line ends."""
        if self.is_whole:
            return (self.head + self.tail).split(b"\n")
        return self.head.split(b"\n")[:-1] + [b"  ..."] + self.tail.split(b"\n")[1:]  # noqa: RUF005


def traceback(error):
    """What MicroPython's REPL prints for an exception, shortened in the middle; b"" for None."""
    if error is None:
        return b""
    try:
        out = _Excerpt()
        sys.print_exception(error, out)
        lines = [line.replace(b'File "<string>"', b'File "<stdin>"') for line in out.lines()]
        while len(lines) > 1 and _OWN_FRAME in lines[1]:
            del lines[1]
        return b"\r\n".join(lines)
    except MemoryError:
        return b"MemoryError: no room for the traceback\r\n"
