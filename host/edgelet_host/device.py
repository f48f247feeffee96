"""A device at the other end of a serial port or pty, through mpremote's transport.

    with connect("/dev/ttyACM0") as device:
        device.call("status")                     # edgelet.admin.status() on the device

Errors that the device reports arrive as EdgeletError with the device's own line.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from edgelet_host.errors import EdgeletError

_JOB_POLL_S = 0.02
# Bytes of a file that are sent in one command of the raw REPL.
_CHUNK = 2048


class DeviceError(EdgeletError):
    """The device refused, or cannot be reached."""


class Device:
    """An open connection whose device waits for commands."""

    def __init__(self, port: str, transport: SerialTransport) -> None:
        self.port = port
        self._transport = transport

    def execute(self, code: str) -> str:
        """Execute Python on the device; what it printed."""
        try:
            return bytes(self._transport.exec(code)).decode()
        except TransportExecError as e:
            raise DeviceError(_device_message(e.error_output)) from None
        except (TransportError, serial.SerialException, OSError) as e:
            raise DeviceError(f"{self.port}: lost the connection to the device ({e}). Run the command again") from None

    def call(self, function: str, *args: Any) -> Any:
        """Call a function of `edgelet.admin` on the device; what it answers."""
        arguments = ", ".join(repr(arg) for arg in args)
        printed = self.execute(f"from edgelet import admin\nadmin.{function}({arguments})")
        try:
            return json.loads(printed)
        except ValueError:
            raise DeviceError(f"{self.port}: the device answered {printed[:80]!r}. Is its firmware current?") from None

    def wait_for_job(self, job: dict[str, int], alive: Callable[[], None] = lambda: None) -> Any:
        """Wait for what activate, rollback or delete have started; its result."""
        while True:
            state = self.call("job", job["job"])
            if state["state"] == "failed":
                raise DeviceError(state["error"] + (f"\n{state['stack'].rstrip()}" if state.get("stack") else ""))
            if state["state"] == "done":
                return state["result"]
            alive()
            time.sleep(_JOB_POLL_S)

    def write_file(self, path: str, data: bytes, progress: Callable[[int], None] = lambda sent: None) -> None:
        """Write a file on the device. progress is told how many bytes were sent."""
        sent = 0
        self.execute(f"f=open({path!r},'wb')\nw=f.write")
        while sent < len(data):
            chunk = data[sent : sent + _CHUNK]
            self.execute(f"w({chunk!r})")
            sent += len(chunk)
            progress(sent)
        self.execute("f.close()\ndel f,w")


def _device_message(traceback: str) -> str:
    """Give the line of a traceback that is for people."""
    lines = traceback.strip().splitlines() or ["unknown error"]
    name, _, text = lines[-1].partition(": ")
    if name in ("ValueError", "OSError", "quickjs.Error") and text:
        return text
    return f"the device failed: {lines[-1]}"


@contextmanager
def connect(port: str) -> Iterator[Device]:
    """Open the device at a serial port or pty and keep it in the raw REPL meanwhile. Raises DeviceError."""
    try:
        transport = SerialTransport(port)
    except TransportError:
        raise DeviceError(explain_port(port)) from None
    try:
        transport.enter_raw_repl(soft_reset=False)
        device = Device(port, transport)
        yield device
        transport.exit_raw_repl()
    except TransportError as e:
        raise DeviceError(f"{port}: no MicroPython answers ({e}). Is this the right port?") from None
    finally:
        transport.close()


def explain_port(port: str) -> str:
    """Say why a port cannot be opened, and what to do."""
    import os

    if not os.path.exists(port):  # noqa: PTH110
        return f"there is no {port}. './edgelet devices' lists the boards that are connected"
    if not os.access(port, os.R_OK | os.W_OK):
        return f"no permission for {port}. Add yourself to its group: sudo usermod -aG dialout $USER, and log in again"
    return f"{port} is used by another program: close it (a serial monitor, or another edgelet)"
