"""The emulated Pico's processor in C (cortex_m0plus/), in the place of the emulator's own, which is a tenth as fast.

What peripherals of the emulator want of a processor, it has by the same names.
"""

import ctypes
import math
import os
from collections import Counter
from pathlib import Path
from typing import Any

from rp2040py.peripherals.dma import BUSY, CHN_AL1_CTRL
from rp2040py.rp2040 import RP2040

from edgelet_host.errors import EdgeletError

CYCLE_NS = 8  # at 125 MHz
_IDLE_CYCLES = 125_000  # without an alarm
_SAMPLE_CYCLES = 997  # between two samples of a profile: a prime, so that no loop keeps time with it
_ROM_WORDS = 4096
_DMA_PAGE = 0x50000  # in units of 4 KB
_DMA_REGISTER = 0x3F  # of a channel
_PIO_FDEBUG = (0x50200008, 0x50300008)
_TX_STALLED = 0x0F000000
_LOWEST_PRIORITY = 4
_BY_OWNER = 1
_REASONS = {
    2: "met a breakpoint",
    3: "met an undefined instruction",
    4: "used an address that is not aligned",
    5: "left its memory",
}

_Address = ctypes.POINTER(ctypes.c_uint8)
_Read = ctypes.PYFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_Write = ctypes.PYFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)


class Core(ctypes.Structure):
    """The struct of cortex_m0plus/processor.h, as what the emulator's peripherals know as the chip's core."""

    _fields_ = (
        ("rom", _Address),
        ("flash", _Address),
        ("ram", _Address),
        ("usb_ram", _Address),
        ("read", _Read),
        ("write", _Write),
        ("cycles", ctypes.c_uint64),
        ("limit", ctypes.c_uint64),
        ("stopped", ctypes.c_uint32),
        ("timer_ns", ctypes.c_int64),
        ("uart_flags", ctypes.c_uint32),
        ("registers", ctypes.c_uint32 * 16),
        ("other_sp", ctypes.c_uint32),
        ("ipsr", ctypes.c_uint32),
        ("vtor", ctypes.c_uint32),
        ("shpr2", ctypes.c_uint32),
        ("shpr3", ctypes.c_uint32),
        ("pending_interrupts", ctypes.c_uint32),
        ("enabled_interrupts", ctypes.c_uint32),
        ("interrupt_priorities", ctypes.c_uint32 * 4),
        ("interrupt_nmi_mask", ctypes.c_uint32),
        *((flag, ctypes.c_bool) for flag in ("n", "z", "c", "v", "primask", "unprivileged", "on_process_stack")),
        ("event_registered", ctypes.c_bool),
        ("waiting", ctypes.c_bool),
        ("interrupts_updated", ctypes.c_bool),
        ("pending_nmi", ctypes.c_bool),
        ("pending_pend_sv", ctypes.c_bool),
        ("pending_svcall", ctypes.c_bool),
        ("pending_systick", ctypes.c_bool),
        *((name, ctypes.c_uint32) for name in ("spin_locks", "dividend", "divisor", "quotient", "remainder")),
        ("divider_is_dirty", ctypes.c_uint32),
        ("timer_high", ctypes.c_uint32),
    )

    def __init__(self, library: ctypes.PyDLL) -> None:
        super().__init__()
        self._library = library
        self.cycles_at_reset = 0

    @property
    def pc(self) -> int:
        """The next instruction's address."""
        return int(self.registers[15])

    @pc.setter
    def pc(self, address: int) -> None:
        self.registers[15] = address

    @property
    def vect_pending(self) -> int:
        """The exception that is pending with the highest priority; 0 where there is none."""
        return int(self._library.processor_pending(ctypes.byref(self), _LOWEST_PRIORITY))

    def set_interrupt(self, number: int, is_pending: bool) -> None:
        """Say whether a peripheral asks for an interrupt."""
        if is_pending:
            self.pending_interrupts |= 1 << number
            self.interrupts_updated = True
        else:
            self.pending_interrupts &= ~(1 << number)

    def reset(self) -> None:
        """Restart it, from the vector table of the ROM."""
        self.cycles_at_reset = self.cycles
        self._library.processor_reset(ctypes.byref(self))


class Processor:
    """Executes what a chip's processor does, and has its clock's alarms in time. core: for its peripherals."""

    def __init__(self, chip: RP2040, library: Path) -> None:
        """Take the place of a chip's processor, which begins anew."""
        self._library = ctypes.PyDLL(os.fspath(library))
        self._library.processor_run.restype = self._library.processor_reset.restype = None
        self._chip = chip
        self._clock: Any = chip.clock
        self._counted = 0
        self._error: BaseException | None = None
        self._samples: Counter[int] | None = None
        self._sampled = 0
        self.core = Core(self._library)
        self._rom = (ctypes.c_uint32 * _ROM_WORDS)(*chip.bootrom)
        self.core.rom = ctypes.cast(self._rom, _Address)
        self.core.flash, self.core.ram, self.core.usb_ram = map(_place, (chip.flash, chip.sram, chip.usb_dpram))
        self.core.read, self.core.write = _Read(self._read), _Write(self._write)
        self._reads = {1: chip.read_uint8, 2: chip.read_uint16, 4: chip.read_uint32}
        self._writes = {1: chip.write_uint8, 2: chip.write_uint16, 4: chip.write_uint32}
        self._reference = ctypes.byref(self.core)
        chip.core = self.core  # type: ignore[assignment]
        self.core.reset()

    @property
    def cycles(self) -> int:
        """How many clock cycles were not waited through since the last reset."""
        return int(self.core.cycles) - self.core.cycles_at_reset

    def sample(self) -> dict[int, int]:
        """Begin a profile: executed cycles by the instruction after them. Gives that of the one before."""
        before, self._samples = self._samples, Counter()
        self._sampled = self._counted
        return before or {}

    def run(self) -> None:
        """Execute until the next alarm, which is called; while the processor waits for it, in no time."""
        self._go_on()
        self._library.processor_run(self._reference)
        self._catch_up()
        if self._samples is not None and self._counted >= self._sampled + _SAMPLE_CYCLES:
            self._samples[self.core.pc] += self._counted - self._sampled
            self._sampled = self._counted
        if self.core.stopped:
            self._explain()
        if self.core.waiting and not self.core.interrupts_updated:
            self._pass(self._clock.nanos_to_next_alarm)

    def _explain(self) -> None:
        reason, self.core.stopped = self.core.stopped, 0
        if self._error:
            error, self._error = self._error, None
            raise error
        if reason != _BY_OWNER:
            raise EdgeletError(f"the emulated processor {_REASONS[reason]} before {self.core.pc:#x}")

    def _catch_up(self) -> None:
        """Let the time pass that has been executed. No alarm was due before its end."""
        cycles = self.core.cycles
        executed, self._counted = cycles - self._counted, cycles
        self._pass(executed * CYCLE_NS)

    def _pass(self, nanos: float) -> None:
        self._clock.tick(nanos)
        for block in self._chip.pio:
            if not block.stopped:
                block.advance(int(nanos) // CYCLE_NS)

    def _go_on(self) -> None:
        """Have the processor end when an alarm is due, or the next instruction of programmable I/O."""
        cycles = _IDLE_CYCLES
        if self._clock.has_scheduled_alarm:
            cycles = max(1, -int(-self._clock.nanos_to_next_alarm // CYCLE_NS))
        for block in self._chip.pio:
            if not block.stopped:
                cycles = max(1, min(cycles, block.next_due_fp - block.cycle_fp + 255 >> 8))
        if self._samples is not None:
            cycles = min(cycles, max(1, self._sampled + _SAMPLE_CYCLES - self._counted))
        self.core.limit = self._counted + cycles
        self.core.timer_ns = math.ceil(self._clock.nanos - self._chip.timer._epoch_nanos) - self._counted * CYCLE_NS

    def _read(self, address: int, size: int) -> int:
        try:
            self._catch_up()
            value = self._reads[size](address)
            self._go_on()
            if _is_in_vain(address, value):
                # Whoever asks will ask again, until something happens.
                self.core.cycles = self.core.limit
        except BaseException as error:
            self._stop(error)
            return 0
        return value

    def _write(self, address: int, size: int, value: int) -> None:
        try:
            self._catch_up()
            self._writes[size](address, value)
            self._go_on()
        except BaseException as error:
            self._stop(error)

    def _stop(self, error: BaseException) -> None:
        self._error = error
        self.core.stopped, self.core.limit = _BY_OWNER, 0


def _is_in_vain(address: int, value: int) -> bool:
    """Whether a register says that DMA is still busy, or that programmable I/O has something to send."""
    if address in _PIO_FDEBUG:
        return not value & _TX_STALLED
    return address >> 12 == _DMA_PAGE and address & _DMA_REGISTER == CHN_AL1_CTRL and bool(value & BUSY)


def _place(memory: bytearray) -> Any:
    return ctypes.cast((ctypes.c_uint8 * len(memory)).from_buffer(memory), _Address)
