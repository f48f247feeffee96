"""A device at the other end of a serial port or pty, through mpremote's transport.

    with connect("/dev/ttyACM0") as device:
        device.call("status")                     # edgelet.console.admin.status() on the device

Errors that the device reports arrive as EdgeletError with the device's own line.
"""

import contextlib
import errno
import json
import os
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import serial
from mpremote import transport_serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from edgelet_host.device import ports
from edgelet_host.device.ports import TERMINAL_ERROR
from edgelet_host.device.running import running_devices
from edgelet_host.errors import EdgeletError
from edgelet_host.runtime import limits, protocol

_JOB_POLL_S = 0.02
# After how long of a job others may have the console, and for how long at least.
_HELD_S = 0.3
_AWAY_S = 0.1
# How long a port may be in use by another program, a device silent, and its console without a prompt.
_BUSY_S = 3
_SILENCE_S = 1
_ANSWER_S = 5
# How long a command may be without a word: a little longer than a function may compute.
_COMMAND_S = 10 + next(row[5] for row in limits.TABLE if row[0] == "cpu_ms") // 1000
# By so much an emulated board is slower than a real one, on a busy machine.
_EMULATED = 30
# Of the console (device/lib/edgelet/console/repl.py).
_RESTART = b"\x04"
_RESTARTED = b"MPY: soft reboot\r\n"
_OTHER_FIRMWARE = "this board runs other firmware than edgelet's: 'edgelet flash --board NAME' brings it"
_OTHER_VERSION = (
    "the device's firmware is of another version than this command line: flash this board with 'edgelet flash'; what "
    "runs here, start again"
)
# What to say of an error whose text is none for people.
_MESSAGES = {
    protocol.OTHER_VERSION: _OTHER_VERSION,
    protocol.NO_MEMORY: "this is too much for the device's memory: send less at once",
    protocol.NO_SPACE: "the device has no space left: 'edgelet delete' or 'edgelet kv delete' makes room",
}
_CUT = "TimeoutError"
# Exceptions of MicroPython itself, from outside of `edgelet.console.admin.call`: their names, where they tell.
_TRACEBACKS = {
    "MemoryError": _MESSAGES[protocol.NO_MEMORY],
    "ImportError": _OTHER_FIRMWARE,
    "NameError": _OTHER_FIRMWARE,
    "AttributeError": _OTHER_VERSION,
    # Of the console (device/lib/edgelet/console/repl.py): it has not begun with a command.
    _CUT: "the rest of a command did not reach the device in time. Run the command again",
}
# It prints what it got in place of a prompt, which is of no use to people. Standard output belongs to all threads.
transport_serial.print = lambda *args, **options: None
# Bytes of a file that are sent in one command of the raw REPL. A board holds them several times: as the command, as its
# literal, and decoded.
_CHUNK = 768


class DeviceError(EdgeletError):
    """The device refused, or cannot be reached.

    error: what `edgelet.console.protocol` has of it; {"exception": name} of what the device's MicroPython raised.
    """

    def __init__(self, message: str, error: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.error = error or {}


class HeldError(DeviceError):
    """Another program has the device's console."""


class _Transport(SerialTransport):  # type: ignore[misc]
    """mpremote's, but it takes what has arrived at once.

    Byte by byte the 4096 that a pty has room for take tens of milliseconds, and the more the longer the output is. A
    device on a slow machine would wait longer for its reader than it may, and drop the rest.
    """

    # What has arrived behind the end that was waited for.
    _ahead = b""

    def read_until(
        self,
        min_num_bytes: int,
        ending: bytes,
        timeout: float | None = 10,
        data_consumer: None = None,
        timeout_overall: float | None = None,
    ) -> bytes:
        """As mpremote has it, without data_consumer."""
        data, self._ahead = bytearray(self._ahead), b""
        seen = 0
        began = heard = time.monotonic()
        while (at := data.find(ending, seen)) < 0:
            seen = max(0, len(data) - len(ending) + 1)
            waiting = self.serial.in_waiting
            more = self.serial.read(max(waiting, 1)) if self.is_pty or waiting else b""
            now = time.monotonic()
            if more:
                data += more
                heard = now
                continue
            if timeout is not None and now >= heard + timeout:
                return bytes(data)
            if timeout_overall is not None and now >= began + timeout_overall:
                return bytes(data)
            time.sleep(_JOB_POLL_S / 2)
        end = at + len(ending)
        self._ahead = bytes(data[end:])
        return bytes(data[:end])

    def enter_raw_repl(self, soft_reset: bool = True, timeout_overall: float | None = 10) -> None:
        """As mpremote has it: what has arrived before is nothing."""
        self._ahead = b""
        super().enter_raw_repl(soft_reset, timeout_overall)


class Device:
    """An open connection whose device waits for commands."""

    def __init__(self, port: str, wait_s: float) -> None:
        self.port = port
        self._patience = _patience(port)
        self._transport = self._connected(wait_s)

    def _connected(self, wait_s: float) -> _Transport:
        transport = _open(self.port, wait_s)
        try:
            _enter(self.port, transport)
        except DeviceError:
            _close(transport)
            raise
        transport.serial.timeout = _COMMAND_S * self._patience
        return transport

    def close(self) -> None:
        """Give the console back."""
        # A device that is gone needs no farewell.
        with contextlib.suppress(serial.SerialException, OSError, TERMINAL_ERROR):
            self._transport.exit_raw_repl()
        _close(self._transport)

    def _give_way(self) -> None:
        """Let another program have the console for as long as it wants. Raises DeviceError where that has no end.

        A board's port stays open: some are reset where it is opened.
        """
        if not ports.is_pseudo_terminal(self.port):
            time.sleep(_JOB_POLL_S)
            return
        with ports.kept(self.port):
            self.close()
            time.sleep(_AWAY_S)
            self._transport = self._connected(_COMMAND_S * self._patience)

    def execute(self, code: str) -> str:
        """Execute Python on the device; what it printed."""
        try:
            printed, failure = self._transport.exec_raw(code, timeout=_COMMAND_S * self._patience)
        except (TransportError, serial.SerialException, OSError, TERMINAL_ERROR) as e:
            raise _lost(self.port, e) from None
        if failure:
            raise _explain_traceback(failure.decode(errors="replace"))
        return bytes(printed).decode(errors="replace")

    def send(self, code: str) -> None:
        """Execute Python that does not come back, such as a reset."""
        # A board that is gone at once needs not answer.
        with contextlib.suppress(TransportError, serial.SerialException, OSError, TERMINAL_ERROR):
            self._transport.exec_raw_no_follow(code)

    def call(self, function: str, *args: Any) -> Any:
        """Call a function of `edgelet.console.admin` on the device; what it answers."""
        arguments = "".join(f", {arg!r}" for arg in args)
        # What was sent before, by a program that has not waited for its answer, may be answered first.
        # A number, since MicroPython keeps short texts of a command for good.
        mark = secrets.randbelow(1 << 30)
        command = f"from edgelet.console import admin\nprint({mark})\n"
        command += f"admin.call({protocol.VERSION}, {function!r}{arguments})"
        try:
            printed = self._execute_whole(command)
        except DeviceError as e:
            if e.error.get("exception") == "ImportError":
                self.execute("import edgelet")
                raise DeviceError(_OTHER_VERSION) from None
            raise
        told, _, printed = printed.partition("\n")
        if told.strip() != str(mark):
            raise DeviceError(f"{self.port}: the device answered another command than this one. Run the command again")
        try:
            answer = json.loads(printed)
        except ValueError:
            raise DeviceError(f"{self.port}: the device answered {printed[:80]!r}. Is its firmware current?") from None
        if "error" in answer:
            raise _explain(answer["error"])
        return answer["result"]

    def _execute_whole(self, command: str) -> str:
        """Execute what needs nothing of the commands before; anew where its rest did not come in time."""
        try:
            return self.execute(command)
        except DeviceError as e:
            if e.error.get("exception") != _CUT:
                raise
        # What was sent of it has been dropped. The end that was sent last has the device forget what it knew.
        _enter(self.port, self._transport)
        return self.execute(command)

    def wait_for_job(self, job: dict[str, int], alive: Callable[[], None] = lambda: None) -> Any:
        """Wait for a job that a call has started; its result.

        While one of a device on this computer takes longer, other programs have the console.
        """
        began = time.monotonic()
        while True:
            state = self.call("job", job["job"])
            if state["state"] == "failed":
                raise _explain(state["error"])
            if state["state"] == "done":
                return state["result"]
            alive()
            if time.monotonic() - began < _HELD_S:
                time.sleep(_JOB_POLL_S)
            else:
                self._give_way()

    def write_file(self, path: str, data: bytes, progress: Callable[[int], None] = lambda sent: None) -> None:
        """Write a file on the device. progress is told how many bytes were sent."""
        if len(data) > _CHUNK and self._is_written_here(path, data):
            progress(len(data))
            return
        sent = 0
        self.execute(f"from binascii import a2b_base64 as b\nf=open({path!r},'wb')\nw=f.write")
        while sent < len(data):
            chunk = data[sent : sent + _CHUNK]
            self.execute(f"w(b('{b64encode(chunk).decode()}'))")
            sent += len(chunk)
            progress(sent)
        self.execute("f.close()\ndel f,w,b")

    def _is_written_here(self, path: str, data: bytes) -> bool:
        """Write a file of a device whose files are those of this computer; whether it is one that can be written.

        The device makes the file, which stays its user's, with a content by which it is known here. A console takes
        longer by four orders of magnitude.
        """
        if not Path(path).parent.is_dir():
            return False
        mark = secrets.token_hex(16)
        self.execute(f"with open({path!r},'wb') as f:f.write({mark!r})\ndel f")
        with contextlib.suppress(OSError), Path(path).open("r+b") as file:
            if file.read(len(mark) + 1) == mark.encode():
                file.seek(0)
                file.write(data)
                file.flush()
                # The device does so too, and answers nobody meanwhile.
                os.fsync(file.fileno())
                return True
        return False


def _explain(error: dict[str, Any]) -> DeviceError:
    """Make what the device answered an exception for people."""
    text = f"the device failed: {error['text']}" if error["code"] == protocol.FAILED else error["text"]
    stack = f"\n{error['stack'].rstrip()}" if "stack" in error else ""
    return DeviceError(_MESSAGES.get(error["code"], text) + stack, error)


def _explain_traceback(text: str) -> DeviceError:
    """Make an exception that MicroPython printed one for people."""
    lines = text.strip().splitlines() or ["unknown error"]
    name, _, message = lines[-1].partition(": ")
    if name == "OSError" and re.search(rf"\b{errno.ENOSPC}\b", message):
        explained = _MESSAGES[protocol.NO_SPACE]
    else:
        explained = _TRACEBACKS.get(name, f"the device failed: {lines[-1]}")
    return DeviceError(explained, {"exception": name})


def _patience(port: str) -> int:
    """By how much more time than a real board a device may take."""
    return _EMULATED if any(local.emulated for local in running_devices() if local.console == port) else 1


def _open(port: str, wait_s: float) -> _Transport:
    """Open a port; while another edgelet has it, as each does for a moment, wait."""
    until = time.monotonic() + wait_s
    while True:
        try:
            # Without a timeout mpremote would wait for ever at a pty that is silent.
            return _Transport(port, timeout=_SILENCE_S * _patience(port))
        except TransportError:
            if not ports.is_accessible(port):
                raise DeviceError(ports.explain(port)) from None
            if time.monotonic() >= until:
                raise HeldError(ports.explain(port)) from None
            time.sleep(_JOB_POLL_S)


def _enter(port: str, transport: _Transport) -> None:
    """Enter the raw REPL, and leave what is said to others behind.

    The device may have entered it for a program that has given up, and be about to answer that one: each answer would
    be that to the command before. So it repeats a number, which nobody else has asked for.
    """
    answer_s = _ANSWER_S * _patience(port)
    number = secrets.randbelow(1 << 30)
    repeated = b"%d\r\n\x04\x04" % number
    try:
        transport.enter_raw_repl(soft_reset=False, timeout_overall=answer_s)
        transport.serial.write(b"print(%d)\x04" % number)
        if not transport.read_until(1, repeated, timeout_overall=answer_s).endswith(repeated):
            raise TransportError
    except (serial.SerialException, OSError, TERMINAL_ERROR) as e:
        raise _lost(port, e) from None
    except TransportError as e:
        if ports.is_gone(port):
            raise _lost(port, e) from None
        raise DeviceError(
            f"{port}: no MicroPython answers within {answer_s} s. Is this the right port? "
            "'edgelet devices' lists those there are; else unplug the board and plug it in again"
        ) from None


def _lost(port: str, error: Exception) -> DeviceError:
    """Say what became of a connection that has failed."""
    if ports.is_gone(port):
        gone = f"{port}: lost the connection to the device, which is not there any more"
        return DeviceError(f"{gone}. 'edgelet devices' lists those there are")
    return DeviceError(f"{port}: lost the connection to the device ({error}). Run the command again")


@contextmanager
def connect(port: str, wait_s: float = _BUSY_S) -> Iterator[Device]:
    """Open the device at a serial port or pty and keep it in the raw REPL meanwhile.

    wait_s: for how long to wait while another program has the port. Raises DeviceError.
    """
    device = Device(port, wait_s)
    try:
        yield device
    finally:
        device.close()


def _close(transport: _Transport) -> None:
    with contextlib.suppress(serial.SerialException, OSError, TERMINAL_ERROR):
        transport.close()


def restart(port: str) -> None:
    """Restart the device's runtime, as Ctrl-D at its prompt does, and wait until it answers again."""
    transport = _open(port, _BUSY_S)
    try:
        _enter(port, transport)
        transport.exit_raw_repl()
        transport.serial.write(_RESTART)
        answer = transport.read_until(1, _RESTARTED, timeout_overall=_ANSWER_S * _patience(port))
    except (TransportError, serial.SerialException, OSError, TERMINAL_ERROR) as e:
        raise _lost(port, e) from None
    finally:
        _close(transport)
    if not answer.endswith(_RESTARTED):
        raise DeviceError(f"{port}: the device does not restart. Unplug it and plug it in again")
    with connect(port) as device:
        device.call("status")
