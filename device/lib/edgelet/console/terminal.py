"""The serial console's two streams as asyncio has them, and the line that a person types there."""

import asyncio
import select
import sys

from micropython import const

try:
    import _console  # Linux: makes the standard streams behave like a board's

    _input = sys.stdin.buffer
except ImportError:
    from _stdin import buffer as _input

    _console = None

SEND_MS = 500  # how long output waits for its reader before it is dropped, as on MicroPython's USB console
_PIECE = const(512)  # bytes of output for which that time is allowed

# A raw-paste client may be two windows ahead of us. A pty buffers 4096 bytes, a UART at least 256; USB makes the client
# wait.
WINDOW = {"linux": 1024, "rp2": 512}.get(sys.platform, 128)

_HISTORY = const(16)


class Terminal:
    """Standard input and output. Reading waits; writing waits for a bounded time, and what nobody reads is dropped.

    `interactive` tells whether a person may be there: always on a board, on Linux where standard input is a terminal.
    """

    _pending = b""  # input that was read and not used yet; it outlives a restart, as a board's buffer does

    def __init__(self):
        self.interactive = _prepare()
        self._reader = asyncio.StreamReader(_input)
        self._writer = asyncio.StreamWriter(sys.stdout.buffer)
        self._writable = select.poll()
        self._writable.register(sys.stdout.buffer, select.POLLOUT)
        self._buffer = memoryview(bytearray(WINDOW))
        self._sending = asyncio.Lock()

    async def read_key(self):
        """The next byte. EOFError: there will be none. OSError: nobody has the pty's other end open."""
        while not Terminal._pending:
            await self._fill()
        key, Terminal._pending = Terminal._pending[:1], Terminal._pending[1:]
        return key

    async def read_to(self, stops, timeout_ms=None):
        """What has arrived before the first byte that is in `stops`, and that byte.

        (data, b"") where no such byte is there yet; (b"", None) where nothing arrived within `timeout_ms`. Raises like
        `read_key`.
        """
        if not Terminal._pending:
            try:
                await (self._fill() if timeout_ms is None else asyncio.wait_for_ms(self._fill(), timeout_ms))
            except asyncio.TimeoutError:
                return b"", None
        data = Terminal._pending
        at = len(data)
        for stop in stops:
            found = data.find(stop, 0, at)
            at = at if found < 0 else found
        Terminal._pending = data[at + 1 :]
        return (data if at == len(data) else data[:at]), data[at : at + 1]

    def arrived(self, data):
        """Takes bytes that have arrived elsewhere, behind those that were read before."""
        Terminal._pending += data

    async def _fill(self):
        n = await self._reader.readinto(self._buffer)
        if n == 0:
            raise EOFError
        if n:
            Terminal._pending += self._buffer[:n]

    def has_room(self):
        """Whether some output would go out at once."""
        for _, event in self._writable.ipoll(0):
            return event & select.POLLOUT
        return False

    async def send(self, data, wanted=None):
        """Writes `data`; nothing where `wanted()` is false when its turn comes."""
        async with self._sending:
            if wanted and not wanted():
                return
            try:
                for start in range(0, len(data), _PIECE):
                    self._writer.write(data[start : start + _PIECE])
                    if self._writer.out_buf:
                        await asyncio.wait_for_ms(self._writer.drain(), SEND_MS)
            except (OSError, asyncio.TimeoutError):
                self._writer.out_buf = b""


_interactive = None if _console else True


def _prepare():
    global _interactive
    if _interactive is None:
        _interactive = _set_raw()
        _console.attach()
    return _interactive


def _set_raw():
    import termios

    try:
        modes = termios.tcgetattr(0)
        termios.setraw(0)
    except OSError:
        return False
    sys.atexit(lambda: termios.tcsetattr(0, termios.TCSANOW, modes))
    return True


class Line:
    """A line being typed: tells what to echo for each key, and remembers the lines before."""

    def __init__(self):
        self.text = b""
        self._history = []
        self._recalled = 0  # how many lines back
        self._sequence = b""  # of an escape sequence, what has arrived

    def key(self, key):
        """Takes one byte that does not end the line. Returns what to send to the terminal."""
        if self._sequence or key == b"\x1b":
            return self._escape(key)
        if key == b"\x7f" or key == b"\x08":
            return self._erase()
        if key == b"\t":
            key = b"    "
        elif key < b" ":
            return b""
        self.text += key
        return key

    def take(self):
        """The finished line; the next one begins."""
        text, self.text, self._recalled = self.text, b"", 0
        if text.strip() and self._history[-1:] != [text]:
            self._history.append(text)
            del self._history[:-_HISTORY]
        return text

    def clear(self):
        """Forgets what was typed."""
        self.text, self._recalled, self._sequence = b"", 0, b""

    def _erase(self):
        text = self.text
        if not text:
            return b""
        n = 1
        while n < len(text) and text[-n] & 0xC0 == 0x80:  # a byte that continues a UTF-8 character
            n += 1
        self.text = text[:-n]
        return b"\x08 \x08"

    def _escape(self, key):
        self._sequence += key
        if self._sequence == b"\x1b" or self._sequence == b"\x1b[":
            return b""
        step = {b"\x1b[A": 1, b"\x1b[B": -1}.get(self._sequence, 0)
        self._sequence = b""
        recalled = self._recalled + step
        if not step or not 0 <= recalled <= len(self._history):
            return b""
        erased = b"".join([self._erase() for _ in range(len(self.text))])
        self._recalled = recalled
        self.text = self._history[-recalled] if recalled else b""
        return erased + self.text
