"""A UART as RP2040 has it, in the place of the emulator's own, which raises no receive timeout and cannot be silenced.

Arm PrimeCell UART (PL011), Technical Reference Manual, chapter 3, and section 4.2 of the RP2040 datasheet: what
software that uses interrupts and FIFOs can see. There is no DMA, no modem line and no error but the overrun.
"""

from collections import deque

from rp2040py.irq import IRQ
from rp2040py.peripherals.peripheral import BasePeripheral
from rp2040py.rp2040 import RP2040

_BASE_PAGE = 0x40034  # of UART 0, in units of 4 KB

_DR, _FR, _IBRD, _FBRD, _LCR_H, _CR = 0x00, 0x18, 0x24, 0x28, 0x2C, 0x30
_IFLS, _IMSC, _RIS, _MIS, _ICR, _DMACR = 0x34, 0x38, 0x3C, 0x40, 0x44, 0x48
_PLAIN = {_IBRD: 0xFFFF, _FBRD: 0x3F, _LCR_H: 0xFF, _CR: 0xFFFF, _IFLS: 0x3F, _IMSC: 0x7FF, _DMACR: 0x7}  # with masks
_AT_RESET = {_IBRD: 0, _FBRD: 0, _LCR_H: 0, _CR: 0x300, _IFLS: 0x12, _IMSC: 0, _DMACR: 0}

_TX_EMPTY, _RX_FULL, _TX_FULL, _RX_EMPTY, _BUSY = 1 << 7, 1 << 6, 1 << 5, 1 << 4, 1 << 3  # of FR
_RX, _TX, _RX_TIMEOUT, _OVERRUN = 1 << 4, 1 << 5, 1 << 6, 1 << 10  # of RIS, MIS, IMSC and ICR
_OVERRUN_DATA = 1 << 11  # of DR
_FIFOS = 1 << 4  # of LCR_H
_DEPTH = 32
_LEVELS = (4, 8, 16, 24, 28)  # of a FIFO of 32, by IFLS
_TIMEOUT_BITS = 32  # of silence, until what has been received is announced however little it is
_BITS = 10  # a byte on the line: start, eight, stop


class Uart(BasePeripheral):
    """UART 0, and the line to it.

    sent: bytes that came out of the chip, for the owner to take. sent_ns: when the last one did, in emulated time.
    overruns: bytes that came in while the FIFO was full.
    """

    def __init__(self, rp2040: RP2040) -> None:
        super().__init__(rp2040, "UART0")
        self.sent = bytearray()
        self.sent_ns = 0.0
        self.overruns = 0
        self._line: deque[int] = deque()
        self._sending = rp2040.clock.create_alarm(self._byte_left)
        self._receiving = rp2040.clock.create_alarm(self._byte_came)
        self._silence = rp2040.clock.create_alarm(self._line_is_silent)
        self.reset()

    def reset(self) -> None:
        """Registers and FIFOs as after power-on. What is still on the line arrives all the same."""
        self._registers = dict(_AT_RESET)
        self._status = 0
        self._tx: deque[int] = deque()
        self._rx: deque[int] = deque()
        self._shifting: int | None = None
        self._lost = False
        self._sending.cancel()
        self._silence.cancel()
        self._update()

    @property
    def on_line(self) -> int:
        """How many bytes are on their way into the chip."""
        return len(self._line)

    def feed(self, data: bytes) -> None:
        """Put bytes on the line into the chip, where they arrive at its baud rate."""
        idle = not self._line
        self._line.extend(data)
        if idle and self._line:
            self._receiving.schedule(self._nanos(_BITS))

    def read_uint32(self, offset: int) -> int:
        """Give a register."""
        if offset == _DR:
            return self._read_data()
        if offset == _FR:
            return self._flags()
        if offset == _RIS:
            return self._status
        if offset == _MIS:
            return self._status & self._registers[_IMSC]
        if offset in _PLAIN:
            return self._registers[offset]
        return super().read_uint32(offset)

    def write_uint32(self, offset: int, value: int) -> None:
        """Change a register."""
        if offset == _DR:
            self._write_data(value & 0xFF)
        elif offset == _ICR:
            self._status &= ~self.raw_write_value
        elif offset in _PLAIN:
            self._registers[offset] = value & _PLAIN[offset]
        else:
            super().write_uint32(offset, value)
        self._update()

    def _depth(self) -> int:
        return _DEPTH if self._registers[_LCR_H] & _FIFOS else 1

    def _level(self, shift: int) -> int:
        """Give how full a FIFO is when it asks for service."""
        if not self._registers[_LCR_H] & _FIFOS:
            return 1
        return _LEVELS[min(self._registers[_IFLS] >> shift & 7, len(_LEVELS) - 1)]

    def _nanos(self, bits: int) -> float:
        divisor = self._registers[_IBRD] * 64 + self._registers[_FBRD]  # in 1/64
        return bits * max(divisor, 64) / 64 * 16 * 1e9 / self.rp2040.clk_peri

    def _flags(self) -> int:
        depth = self._depth()
        return (
            (_TX_EMPTY if not self._tx else 0)
            | (_TX_FULL if len(self._tx) >= depth else 0)
            | (_RX_EMPTY if not self._rx else 0)
            | (_RX_FULL if len(self._rx) >= depth else 0)
            | (_BUSY if self._tx or self._shifting is not None else 0)
        )

    def _write_data(self, byte: int) -> None:
        if self._shifting is None:
            self._shifting = byte
            self._sending.schedule(self._nanos(_BITS))
        elif len(self._tx) < self._depth():
            self._tx.append(byte)
        if len(self._tx) > self._level(0):
            self._status &= ~_TX

    def _byte_left(self) -> None:
        if self._shifting is not None:
            self.sent.append(self._shifting)
            self.sent_ns = self.rp2040.clock.nanos
        self._shifting = None
        if self._tx:
            self._shifting = self._tx.popleft()
            self._sending.schedule(self._nanos(_BITS))
            # The interrupt comes when the FIFO drains through its level, not because it is below.
            if len(self._tx) == self._level(0):
                self._status |= _TX
        elif self._depth() == 1:
            self._status |= _TX
        self._update()

    def _byte_came(self) -> None:
        byte = self._line.popleft()
        if self._line:
            self._receiving.schedule(self._nanos(_BITS))
        if len(self._rx) >= self._depth():
            self.overruns += 1
            self._lost = True
            self._status |= _OVERRUN
        else:
            self._rx.append(byte | (_OVERRUN_DATA if self._lost else 0))
            self._lost = False
            if len(self._rx) >= self._level(3):
                self._status |= _RX
        self._silence.schedule(self._nanos(_TIMEOUT_BITS))
        self._update()

    def _line_is_silent(self) -> None:
        if self._rx:
            self._status |= _RX_TIMEOUT
            self._update()

    def _read_data(self) -> int:
        value = self._rx.popleft() if self._rx else 0
        if len(self._rx) < self._level(3):
            self._status &= ~_RX
        if self._rx:
            self._silence.schedule(self._nanos(_TIMEOUT_BITS))
        else:
            self._status &= ~_RX_TIMEOUT
        self._update()
        return value

    def _update(self) -> None:
        self.rp2040.set_interrupt(IRQ.UART0, bool(self._status & self._registers[_IMSC]))
        self.rp2040.core.uart_flags = self._flags()  # type: ignore[attr-defined]


def install(rp2040: RP2040) -> Uart:
    """Put such a UART in the place of the emulator's UART 0."""
    uart = Uart(rp2040)
    rp2040.uart[0] = uart  # type: ignore[call-overload]
    rp2040.peripherals[_BASE_PAGE] = uart
    return uart
