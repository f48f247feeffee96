"""The serial console while the server runs: an asyncio task that speaks MicroPython's REPL protocols.

Raw REPL and raw-paste mode for mpremote, a prompt for people, and the log in between. The event loop stands still only
while a command executes. The protocols are those of MicroPython's docs/reference/repl.rst and shared/runtime/pyexec.c;
the same code serves a board and Linux, whose MicroPython has no raw REPL of its own.

Other tasks write to the log (`edgelet.log`), not to standard output: the console prints the log where a person sees it
and holds it back while a program talks to it.
"""

import asyncio
import sys

import micropython
from edgelet import log
from edgelet.console.executor import Executor, Source, traceback
from edgelet.console.terminal import SEND_MS, WINDOW, Line, Terminal
from micropython import const

SILENCE_MS = 2000  # a half-received command that is silent for so long is dropped

_CTRL_A, _CTRL_B, _CTRL_C, _CTRL_D, _CTRL_E = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
_RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_SOFT_REBOOT = b"MPY: soft reboot\r\n"
_PASTE_BANNER = b"\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== "

_DROPPED = "console: a command was dropped because the rest of it did not come"

_LOG_LINES = const(
    25
)  # lines of log printed at a time; older ones are skipped, so that printing cannot starve the server
_LOG_PAUSE_MS = const(250)


_next_seq = 1  # of the log, the first record that no console has printed


class Console:
    """The console task. `as_json` prints the log as lines of JSON instead of text."""

    def __init__(self, as_json=False):
        self._format = log.as_json if as_json else log.as_text
        self._terminal = Terminal()
        self._executor = Executor()
        self._line = Line()
        self._block = b""  # at the prompt: the lines of an unfinished statement
        self._prompt = b""  # what stands before the line being typed, b"" where nothing does
        self._raw = False
        self._arrived = asyncio.Event()

    async def serve(self):
        """Serves the console. Returns when a person asks for a restart of the runtime (Ctrl-D at the prompt)."""
        micropython.kbd_intr(-1)
        self._arrived.set()
        printer = asyncio.create_task(self._print_log())
        try:
            if self._terminal.interactive:
                await self._banner()
            while True:
                try:
                    return await self._serve_person()
                except OSError:  # the pty's other end was closed; it may be opened again
                    self._raw, self._prompt = False, b""
                    await asyncio.sleep_ms(SEND_MS)
        except EOFError:
            await asyncio.Event().wait()  # there is no input, so nobody will ask
        finally:
            log.ring.notify = None
            printer.cancel()

    # The prompt for people

    async def _serve_person(self):
        previous = b""
        while True:
            key = await self._terminal.read_key()
            if key == _CTRL_A:
                await self._serve_program()
                await self._banner()
            elif key == _CTRL_B:
                await self._send(b"\r\n")
                await self._banner()
            elif key == _CTRL_C:
                await self._ask_anew(b"\r\n")
            elif key == _CTRL_E:
                await self._receive_paste()
            elif key == b"\r" or (key == b"\n" and previous != b"\r"):
                if await self._line_entered():
                    return
            elif key != _CTRL_D:
                await self._send(self._line.key(key))
            elif await self._end_of_input():
                return
            previous = key

    async def _banner(self):
        version = sys.version.split("; ")[-1]
        await self._send(("%s; %s\r\n" % (version, sys.implementation._machine)).encode())
        await self._ask_anew(b'Type "help()" for more information, Ctrl-D to restart the server.\r\n')

    async def _ask_anew(self, before):
        self._line.clear()
        self._block = b""
        self._prompt = b">>> "
        await self._send(before + self._prompt)

    async def _line_entered(self):
        """Returns whether to restart."""
        text = self._line.take()
        self._block = self._block + b"\n" + text if self._block else text
        if _is_unfinished(self._block):
            self._prompt = b"... "
            await self._send(b"\r\n... ")
            return False
        return await self._run_block()

    async def _end_of_input(self):
        """Ctrl-D. Returns whether to restart."""
        if self._line.text:
            return False
        if self._block:
            return await self._run_block()
        await self._send(b"\r\n" + _SOFT_REBOOT)
        return True

    async def _run_block(self):
        block = self._block
        await self._send(b"\r\n")
        if not block.strip():
            await self._ask_anew(b"")
            return False
        return await self._run_for_person(block + b"\n", "single")

    async def _run_for_person(self, source, mode):
        error, typed = self._executor.run(source, mode)
        self._terminal.arrived(typed)
        if error is None:
            await self._send(_SOFT_REBOOT)
            return True
        await self._ask_anew(error)
        return False

    async def _receive_paste(self):
        """Paste mode: what follows is one piece of source, echoed, up to Ctrl-D."""
        self._line.clear()
        self._prompt = b"=== "
        await self._send(_PASTE_BANNER)
        source = Source()
        while True:
            data, stop = await self._terminal.read_to((_CTRL_C, _CTRL_D))
            source.add(data.replace(b"\r", b"\n"))
            await self._send(data.replace(b"\r", b"\r\n=== "))
            if stop == _CTRL_C:
                return await self._ask_anew(b"\r\n")
            if stop == _CTRL_D:
                await self._send(b"\r\n")
                return await self._paste_received(source)

    async def _paste_received(self, source):
        if source.too_long:
            await self._ask_anew(_too_long())
        elif await self._run_for_person(source.text, "exec"):
            await self._ask_anew(b"")

    # The raw REPL for programs

    async def _serve_program(self):
        self._raw = True
        self._prompt = b""
        await self._send(b"\r\n" + _RAW_BANNER)
        source = Source()
        while True:
            waiting = source.text or source.too_long
            data, stop = await self._terminal.read_to(
                (_CTRL_A, _CTRL_B, _CTRL_C, _CTRL_D), SILENCE_MS if waiting else None
            )
            source.add(data)
            if stop == b"":
                continue
            if stop is None:
                log.warn(_DROPPED)
            received, source = source, Source()
            if stop == _CTRL_B:
                self._raw = False
                return await self._send(b"\r\n")
            if stop == _CTRL_A:
                await self._reset_or_paste(received.text)
            elif stop == _CTRL_D:
                await self._command_received(received)

    async def _reset_or_paste(self, text):
        if text == _CTRL_E + b"A":
            await self._receive_raw_paste()
        elif len(text) == 2 and text[:1] == _CTRL_E:
            await self._send(b"R\x00>")
        else:
            await self._send(_RAW_BANNER)

    async def _command_received(self, source):
        await self._send(b"OK")
        if source.text or source.too_long:
            await self._run_for_program(source)
        else:
            await self._soft_reset()

    async def _soft_reset(self):
        self._executor.reset()
        await self._send(b"\r\n" + _SOFT_REBOOT + _RAW_BANNER)

    async def _run_for_program(self, source):
        if source.too_long:
            await self._finish_command(_too_long())
            return
        error, typed = self._executor.run(source.text, "exec")
        self._terminal.arrived(typed)
        if error is None:
            await self._send(_CTRL_D + _CTRL_D)
            await self._soft_reset()
        else:
            await self._finish_command(error)

    async def _finish_command(self, error):
        await self._send(_CTRL_D + error + _CTRL_D + b">")

    async def _receive_raw_paste(self):
        """Raw-paste mode: the client may send `WINDOW` bytes for each Ctrl-A that it gets."""
        await self._send(b"R\x01" + bytes((WINDOW & 0xFF, WINDOW >> 8)) + b"\x01")
        source = Source()
        remaining = WINDOW
        while True:
            data, stop = await self._terminal.read_to((_CTRL_C, _CTRL_D), SILENCE_MS)
            source.add(data)
            if stop != b"":
                await self._send(_CTRL_D)
                return await self._raw_paste_received(source, stop)
            if source.too_long:
                return await self._refuse_raw_paste()
            remaining -= len(data)
            while remaining <= 0:
                remaining += WINDOW
                await self._send(b"\x01")

    async def _raw_paste_received(self, source, stop):
        if stop == _CTRL_D:
            await self._run_for_program(source)
        elif stop == _CTRL_C:
            await self._finish_command(b"KeyboardInterrupt: \r\n")
        else:
            log.warn(_DROPPED)
            await self._finish_command(b"TimeoutError: the rest of the command did not come\r\n")

    async def _refuse_raw_paste(self):
        await self._send(_CTRL_D)
        stop = b""
        while stop == b"":
            _, stop = await self._terminal.read_to((_CTRL_C, _CTRL_D), SILENCE_MS)
        await self._finish_command(_too_long())

    # The log

    async def _print_log(self):
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            log.ring.notify = self._arrived.set
            while not self._may_print() or not self._terminal.has_room():
                await asyncio.sleep_ms(_LOG_PAUSE_MS)
            await self._print_lines()
            await asyncio.sleep_ms(_LOG_PAUSE_MS)

    def _may_print(self):
        return not self._raw

    async def _print_lines(self):
        global _next_seq
        records = log.since(max(_next_seq, log.ring.next_seq - _LOG_LINES))
        if not records:
            return
        if self._prompt:
            await self._print(b"\r\x1b[K")
        if records[0].seq > _next_seq:
            await self._print("... %d lines are not shown here\r\n" % (records[0].seq - _next_seq))
        for record in records:
            await self._print(self._format(record) + "\r\n")
        if self._prompt:
            await self._print(self._prompt + self._line.text)
        _next_seq = records[-1].seq + 1

    async def _print(self, text):
        await self._terminal.send(text if isinstance(text, bytes) else text.encode(), self._may_print)

    async def _send(self, data):
        await self._terminal.send(data)


def _is_unfinished(block):
    """Whether a statement typed at the prompt goes on in the next line. A blank line always ends it."""
    first, last = block.split(b"\n", 1)[0].rstrip(), block.rsplit(b"\n", 1)[-1].strip()
    if not last:
        return False
    opened = sum([block.count(c) for c in (b"(", b"[", b"{")]) - sum([block.count(c) for c in (b")", b"]", b"}")])
    return opened > 0 or last.endswith(b"\\") or first.endswith(b":") or first.startswith(b"@")


def _too_long():
    return traceback(MemoryError("the command is longer than memory allows"))
