"""Serial ports by their names: /dev/ttyACM0, /dev/cu.usbmodem1101, COM3, a pty.

TERMINAL_ERROR is what pyserial lets through when a terminal is gone; Windows has no terminals.
"""

import contextlib
import errno
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TERMINAL_ERROR: type[Exception] = OSError
if sys.platform != "win32":
    import termios

    TERMINAL_ERROR = termios.error

_WINDOWS_PORT = re.compile(r"COM[1-9]\d*", re.IGNORECASE)
_PSEUDO_TERMINAL = re.compile(r"/dev/(pts/|ttys)\d+")
_KNOWN = "'edgelet devices' lists the boards that are connected"


def is_port(place: str) -> bool:
    """Whether this is how a serial port is called here or on another system, and not HOST[:PORT]."""
    return "/" in place or _WINDOWS_PORT.fullmatch(place) is not None


def is_pseudo_terminal(port: str) -> bool:
    """Whether what is at its other end is a program of this computer, on Linux and macOS."""
    return _PSEUDO_TERMINAL.fullmatch(port) is not None


@contextlib.contextmanager
def kept(port: str) -> Iterator[None]:
    """Keep the name of a pty meanwhile, which the system gives to the next program when the one behind it has ended."""
    with contextlib.ExitStack() as stack:
        if sys.platform != "win32" and is_pseudo_terminal(port):
            # One that is gone is told by whoever opens it.
            with contextlib.suppress(OSError):
                stack.callback(os.close, os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
        yield


def exists(port: str) -> bool:
    """Whether there is such a port, or at least a file of that name."""
    if _WINDOWS_PORT.fullmatch(port):
        from serial.tools import list_ports

        return any(one.device.upper() == port.upper() for one in list_ports.comports())
    return Path(port).exists()


def is_gone(port: str) -> bool:
    """Whether nothing is at its other end any more. The name of a pty may be there for a moment longer."""
    if not exists(port):
        return True
    if sys.platform == "win32" or not is_pseudo_terminal(port):
        return False
    try:
        os.close(os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError as e:
        return e.errno in (errno.ENOENT, errno.EIO, errno.ENXIO)
    return False


def is_accessible(port: str) -> bool:
    """Whether it can be opened by this user, once nobody else has it."""
    if _WINDOWS_PORT.fullmatch(port):
        return exists(port)
    return Path(port).is_char_device() and os.access(port, os.R_OK | os.W_OK)


def explain(port: str) -> str:
    """Say why a port cannot be opened, and what to do."""
    if not exists(port):
        return f"there is no {port}. {_KNOWN}"
    if not _WINDOWS_PORT.fullmatch(port):
        path = Path(port)
        if not path.is_char_device():
            return f"{port} is no serial port. {_KNOWN}"
        if not os.access(port, os.R_OK | os.W_OK):
            return f"no permission for {port}. {_permission()}"
        if not _is_terminal(path):
            return f"{port} is no serial port. {_KNOWN}"
    return f"{port} is used by another program: close it (a serial monitor, or another edgelet)"


def _permission() -> str:
    if sys.platform == "linux":
        return "Add yourself to its group: sudo usermod -aG dialout $USER, and log in again"
    return "Run this as the user whose port it is, or as the administrator"


def _is_terminal(path: Path) -> bool:
    if sys.platform == "win32":
        return True
    try:
        file = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as e:
        return e.errno == errno.EBUSY
    try:
        return os.isatty(file)
    finally:
        os.close(file)
