"""The emulated Pico: rp2040py with the flash in a file, the console and the network on file descriptors, and a pace.

Run as a process of its own:

    python -m edgelet_host.emulator.machine NETWORK FIRMWARE FLASH LINE PROCESSOR [TIME]

FIRMWARE is a .uf2 file. FLASH is the file with the flash's content, which outlives the process: the firmware is written
into it at each start and the rest is left alone. Standard input and output are the console, PROCESSOR the library
`ensure_processor` builds. LINE is the file descriptor of a socket: where NETWORK is "ppp" the other end of UART 0's
line; where it is "radio", the board is a Pico W, and Ethernet frames are on LINE, each behind its length in two bytes,
high one first, whose highest bit is set for the board's own access point; an empty frame of that says that it is
closed. SIGHUP switches the radio's access point off, and on again. SIGALRM lets the radio hang until the next one, or
until it is switched off. SIGTERM stops the machine.

Emulated time never runs ahead of the clock on the wall, so that what waits for people and networks may do so; it falls
behind where the board computes more than this machine can. TIME is a file by which another program has idle hours
skipped, see `edgelet_host.emulator.hours`. SIGUSR1 writes a line of JSON to the standard error: `ms`, emulated time;
`sent_ms`, when the last byte came out of the UART; `overruns`, bytes that the UART lost; `cycles` that were executed
since the last reset. SIGUSR2 begins a profile and writes that of the one before as a line of JSON:
`samples`, the cycles spent by the instruction's address.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rp2040py.boards import BoardSpec
from rp2040py.device.base_device import BaseDevice, ResetCause
from rp2040py.device.load_flash import load_uf2
from rp2040py.external import ExternalDevice
from rp2040py.gpio_pin import GPIOPinState
from rp2040py.memory_map import FLASH_START_ADDRESS
from rp2040py.rp2040 import RP2040

from edgelet_host.emulator import pio, pl011, rosc
from edgelet_host.emulator.hours import Hours
from edgelet_host.emulator.processor import Processor
from edgelet_host.emulator.radio import Radio

# Kinds of networks.
PPP, RADIO = "ppp", "radio"

FLASH_BYTES = 2 * 1024 * 1024

_FLASH_SELECT = 1  # of the flash chip's pins
_TICK_NS = 1_000_000  # between two looks at the outside: a frame of USB
_SKIPPED_TICK_NS = 20_000_000
_CHUNK = 4096
_GUEST = 0x8000  # of a frame's length: it is of the board's own access point
_FALL_BEHIND_S = 0.05  # a debt larger than this is forgiven


class Flash:
    """The flash chip's content, kept in a file. An `ExternalDevice`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_dirty = False

    def attach(self, rp2040: RP2040) -> None:
        """Load the file, and notice every command that the chip gets."""
        self._memory = memoryview(rp2040.flash)[:FLASH_BYTES]
        rp2040.qspi[_FLASH_SELECT].add_listener(self._selected)

    def load(self) -> None:
        """Take the content from the file."""
        content = self._path.read_bytes() if self._path.exists() else b""
        self._memory[:] = content[:FLASH_BYTES].ljust(FLASH_BYTES, b"\xff")

    def save(self) -> None:
        """Write the file, where the content may have changed."""
        if self._is_dirty:
            self._is_dirty = False
            with self._path.open("r+b" if self._path.exists() else "wb") as file:
                file.write(self._memory)

    def _selected(self, _value: GPIOPinState, _before: GPIOPinState) -> None:
        self._is_dirty = True


class Console:
    """The host's side of the USB serial port, on file descriptors. What nobody reads is dropped."""

    def __init__(self, device: BaseDevice, source: int, sink: int) -> None:
        self._cdc = device.cdc
        self._usb = device.mcu.usb_ctrl
        self._sink = sink
        self._source = source
        self._input = b""
        self._waiting: tuple[int, int] | None = None
        self._answer = self._usb.on_endpoint_read
        self._usb.on_endpoint_read = self._wants_data
        self._cdc.on_serial_data = self._write

    @property
    def source(self) -> int | None:
        """What to read from, None while the device has not taken the last."""
        return None if self._input else self._source

    def read(self) -> None:
        """Take what has been typed."""
        with contextlib.suppress(OSError):
            self._input += os.read(self._source, _CHUNK)
        self._pass_on()

    def forget(self) -> None:
        """The device left the bus."""
        self._waiting = None

    def _wants_data(self, endpoint: int, size: int) -> None:
        # A host that has nothing to send does not answer with an empty packet, which would interrupt the board for
        # ever: it waits (USB 2.0, section 8.4.6).
        if endpoint == 0:
            assert self._answer is not None
            self._answer(endpoint, size)
        else:
            self._waiting = (endpoint, size)
            self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting and self._input:
            endpoint, size = self._waiting
            self._waiting = None
            packet, self._input = self._input[:size], self._input[size:]
            self._usb.endpoint_read_done(endpoint, packet)

    def _write(self, data: bytes | bytearray) -> None:
        with contextlib.suppress(OSError):
            os.write(self._sink, data)


class Line:
    """The wire of UART 0, on a socket."""

    def __init__(self, uart: pl011.Uart, wire: socket.socket) -> None:
        self._uart = uart
        self._wire = wire
        wire.setblocking(False)

    @property
    def source(self) -> int | None:
        """What to read from, None while much is on the line already."""
        return None if self._uart.on_line > _CHUNK else self._wire.fileno()

    def read(self) -> None:
        """Put what the other end sent on the line."""
        with contextlib.suppress(BlockingIOError):
            data = self._wire.recv(_CHUNK)
            if not data:
                raise SystemExit("the other end of the UART's line is gone")
            self._uart.feed(data)

    def flush(self) -> bool:
        """Pass on what came out of the chip; whether there was something."""
        had_some = bool(self._uart.sent)
        with contextlib.suppress(BlockingIOError):
            while self._uart.sent:
                del self._uart.sent[: self._wire.send(self._uart.sent)]
        return had_some


class Air:
    """Between the radio and a socket: Ethernet frames. What the socket has no room for is lost, as it is on the air."""

    def __init__(self, radio: Radio, wire: socket.socket) -> None:
        self.radio = radio
        self._wire = wire
        self._sent = bytearray()
        self._received = bytearray()
        radio.send = self._send
        radio.send_to_guest = lambda frame: self._send(frame, _GUEST)
        wire.setblocking(False)

    @property
    def source(self) -> int | None:
        """What to read from, None while the board has frames to fetch."""
        return None if self.radio.is_busy else self._wire.fileno()

    def read(self) -> None:
        """Bring the board what the other end sent."""
        with contextlib.suppress(BlockingIOError):
            data = self._wire.recv(_CHUNK)
            if not data:
                raise SystemExit("the other end of the radio's line is gone")
            self._received += data
        while (end := 2 + (self._head() & ~_GUEST)) <= len(self._received):
            receive = self.radio.receive_from_guest if self._head() & _GUEST else self.radio.receive
            receive(bytes(self._received[2:end]))
            del self._received[:end]

    def flush(self) -> bool:
        """Pass on what the board has sent; whether there was something."""
        had_some = bool(self._sent)
        with contextlib.suppress(BlockingIOError):
            while self._sent:
                del self._sent[: self._wire.send(self._sent)]
        return had_some

    def _head(self) -> int:
        return int.from_bytes(self._received[:2], "big")

    def _send(self, frame: bytes, kind: int = 0) -> None:
        if len(self._sent) < _CHUNK or not frame:
            self._sent += (kind | len(frame)).to_bytes(2, "big") + frame


class Machine(BaseDevice):
    """The board, its surroundings and its pace."""

    def __init__(
        self, network: str, firmware: Path, flash: Path, wire: socket.socket, processor: Path, hours: Hours | None
    ) -> None:
        self._flash = Flash(flash)
        radio = Radio() if network == RADIO else None
        extras: list[Callable[[], ExternalDevice]] = [lambda: self._flash]
        if radio:
            extras.append(lambda: radio)
        super().__init__(board=BoardSpec(extras=tuple(extras), image=firmware))
        self._flash.load()
        load_uf2(firmware, self.mcu)
        self._console = Console(self, sys.stdin.fileno(), sys.stdout.fileno())
        self._processor = Processor(self.mcu, processor)
        rosc.install(self.mcu)
        self._pio = pio.install(self.mcu)
        self._uart = pl011.install(self.mcu)
        self._line = Air(radio, wire) if radio else Line(self._uart, wire)
        self._clock = self.mcu.clock
        self._alarm = self._clock.create_alarm(self._tick)
        self._epoch_ns = 0.0
        self._epoch_s = time.monotonic()
        self._hours = hours

    def run(self) -> None:
        """Execute until `stop`."""
        self.mcu.core.pc = FLASH_START_ADDRESS
        self._alarm.schedule(_TICK_NS)
        self.simulator.stopped = False
        try:
            while not self.simulator.stopped:
                self._processor.run()
        finally:
            self._flash.save()

    def hard_reset(self, *, cause: ResetCause = ResetCause.RUN_PIN) -> None:
        """Restart the chip; the flash keeps its content."""
        if self._hours is not None:
            self._hours.tell_reset()
        self._console.forget()
        self._pio.wake()
        super().hard_reset(cause=cause)
        self._pio.sleep()

    def report(self) -> None:
        """Write the state to the standard error."""
        state = {
            "ms": self._clock.nanos / 1e6,
            "sent_ms": self._uart.sent_ns / 1e6,
            "overruns": self._uart.overruns,
            "cycles": self._processor.cycles,
        }
        print(json.dumps(state), file=sys.stderr, flush=True)

    def profile(self) -> None:
        """Begin a profile, and write that of the one before to the standard error."""
        print(json.dumps({"samples": self._processor.sample()}), file=sys.stderr, flush=True)

    def switch_access_point(self) -> None:
        """Switch a radio's access point off, or on again."""
        if isinstance(self._line, Air):
            self._line.radio.switch_access_point()

    def hang_radio(self) -> None:
        """Let a radio hear and say nothing any more, until it is switched off; one that does so comes to itself."""
        if isinstance(self._line, Air):
            self._line.radio.hang()

    def _tick(self) -> None:
        skipped_ns = self._skipped_ns()
        self._alarm.schedule(skipped_ns or _TICK_NS)
        has_sent = self._line.flush()
        self._flash.save()
        sources = {one.source: one for one in (self._console, self._line) if one.source is not None}
        ready, _, _ = select.select(list(sources), [], [], 0.0 if skipped_ns else self._ahead_s())
        for source in ready:
            sources[source].read()
        if self._hours is not None:
            self._hours.tell(self._clock.nanos, len(ready) + has_sent)

    def _skipped_ns(self) -> float:
        """Give how much time passes before the next look at the outside without waiting."""
        if self._hours is None or self._hours.may_skip_ns < _TICK_NS:
            return 0.0
        self._epoch_ns, self._epoch_s = self._clock.nanos, time.monotonic()
        return min(self._hours.may_skip_ns, _SKIPPED_TICK_NS)

    def _ahead_s(self) -> float:
        """Give for how long emulated time has to wait for the clock on the wall, in seconds."""
        now = time.monotonic()
        ahead = (self._clock.nanos - self._epoch_ns) / 1e9 - (now - self._epoch_s)
        if ahead < -_FALL_BEHIND_S:
            self._epoch_ns, self._epoch_s = self._clock.nanos, now
        return max(ahead, 0.0)


def main(network: str, firmware: str, flash: str, line: str, processor: str, time: str = "") -> None:
    """Run the machine; see the top of this file."""
    hours = Hours(Path(time)) if time else None
    wire = socket.socket(fileno=int(line))
    machine = Machine(network, Path(firmware), Path(flash), wire, Path(processor), hours)
    os.set_blocking(sys.stdout.fileno(), False)
    signal.signal(signal.SIGTERM, lambda _number, _frame: machine.stop())
    signal.signal(signal.SIGHUP, lambda _number, _frame: machine.switch_access_point())
    signal.signal(signal.SIGALRM, lambda _number, _frame: machine.hang_radio())
    signal.signal(signal.SIGUSR1, lambda _number, _frame: machine.report())
    signal.signal(signal.SIGUSR2, lambda _number, _frame: machine.profile())
    machine.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
