"""The emulated Pico's processor in C: instructions, exceptions, the divider, and alarms in time."""

import os
import random
import subprocess
import sys

import pytest
from edgelet_host.emulator import ensure_processor, pio
from edgelet_host.emulator.processor import Processor
from edgelet_host.errors import EdgeletError
from edgelet_host.paths import ROOT
from rp2040py import _cortex_m0_core
from rp2040py.rp2040 import RP2040
from rp2040py.utils.logging import ConsoleLogger, LogLevel

CODE, DATA, STACK = 0x20000000, 0x20010000, 0x20020000
SP, LR, PC = 13, 14, 15
FLAGS = ("n", "z", "c", "v")
NOP, WFI, CPSID, CPSIE, SVC = 0xBF00, 0xBF30, 0xB672, 0xB662, 0xDF00
DIVIDER = 0xD0000060
UDIVIDEND, UDIVISOR, SDIVIDEND, SDIVISOR, QUOTIENT, REMAINDER, CSR = range(0, 28, 4)
NVIC_ISER, ICSR, SHPR3 = 0xE000E100, 0xE000ED04, 0xE000ED20
PEND_SYSTICK, PEND_PENDSV = 1 << 26, 1 << 28


@pytest.fixture
def processor():
    """A processor that is about to execute in RAM, where its vectors are, too; exception n has CODE + 0x100 * n."""
    chip = RP2040()
    chip.logger = ConsoleLogger(LogLevel.ERROR)
    pio.install(chip)
    processor = Processor(chip, ensure_processor())
    processor.chip = chip
    processor.core.vtor = DATA
    for number in range(48):
        chip.write_uint32(DATA + 4 * number, CODE + 0x100 * number | 1)
    processor.core.registers[SP], processor.core.pc = STACK, CODE
    return processor


BUILD = "from edgelet_host.emulator import ensure_processor\nprint(ensure_processor())"


@pytest.mark.slow
def test_two_who_need_it_build_it_once(tmp_path):
    environment = os.environ | {"EDGELET_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT / "host")}
    pair = [
        subprocess.Popen([sys.executable, "-c", BUILD], env=environment, stdout=-1, stderr=-1, text=True)
        for _ in range(2)
    ]
    told = [process.communicate() for process in pair]
    assert told[0][0] == told[1][0] != ""
    assert sum("Building the emulated processor ..." in errors for _, errors in told) == 1


def step(processor, *code, count=None):
    """Execute instructions from where it is, one after the other."""
    for number, one in enumerate(code):
        processor.chip.write_uint16(processor.core.pc + 2 * number, one)
    for _ in range(len(code) if count is None else count):
        processor.core.limit = processor.core.cycles + 1
        processor._library.processor_run(processor._reference)


def operands(op, numbers):
    """Registers for an instruction: any, but addresses where it has one."""
    values = [
        numbers.choice([numbers.getrandbits(32), numbers.randrange(40), (1 << 32) - 1, 1 << 31]) for _ in range(16)
    ]
    if op >> 12 == 5:
        # A base and an offset, in whichever place.
        values[:8] = [4 * numbers.randrange(0x100) for _ in range(8)]
        values[op >> 3 & 7] = DATA + 4 * numbers.randrange(0x100)
    elif op >> 12 in (6, 7, 8, 9, 12):
        values[:8] = [DATA + 4 * numbers.randrange(0x100) for _ in range(8)]
    values[SP], values[PC] = STACK + 4 * numbers.randrange(0x100), CODE
    return values


def is_another(op, registers):
    """Whether the emulator's own processor does something else than the manual says, or it says nothing."""
    rm, rn = op >> 3 & 7, op >> 6 & 7
    carry = (0b0100000101, 0b0100000110)  # ADC, SBC: whether an operand with the carry overflows
    if op >> 6 in carry:
        return not {registers[rm], registers[op & 7]}.isdisjoint((0x7FFFFFFF, 0xFFFFFFFF))
    if op >> 6 in (0b0100000010, 0b0100000011, 0b0100000100, 0b0100000111):  # shifts by a register: the carry
        return not 0 < registers[rm] & 0xFF <= 32
    if op >> 11 == 0b11000:  # STM with its base
        return op >> (op >> 8 & 7) & 1
    if op >> 8 in (0x45, 0x47):  # CMP, BX and BLX with LR or PC
        return op >> 3 & 15 in (LR, PC) or op & 0x87 == 0x87
    return op >> 12 == 5 and rm == rn  # an address that is nowhere


def state(core, chip):
    flags = [bool(getattr(core, name)) for name in FLAGS]
    return [value & 0xFFFFFFFF for value in core.registers], flags, bool(core.waiting), chip.sram


def test_instructions_do_what_they_do_in_the_emulators_own_processor(processor):
    numbers = random.Random(1)
    other = RP2040()
    known = [op for op in range(numbers.randrange(3), 0x10000, 3) if _cortex_m0_core._DISPATCH_TABLE[op]]
    breaks = []
    other.on_break = breaks.append
    compared = 0
    for op in known:
        registers, flags = operands(op, numbers), numbers.choices((False, True), k=4)
        if is_another(op, registers):
            continue
        for chip in (processor.chip, other):
            core = chip.core
            chip.sram[:] = processor.chip.sram
            chip.write_uint16(CODE, op)
            for number, value in enumerate(registers):
                core.registers[number] = value
            for name, value in zip(FLAGS, flags, strict=True):
                setattr(core, name, value)
            core.waiting = core.interrupts_updated = core.event_registered = False
        before = processor.core.cycles
        step(processor, count=1)
        cycles = other.core.execute_instruction()
        if breaks:
            breaks.clear()
            assert processor.core.stopped
            processor.core.stopped = 0
            continue
        assert (hex(op), processor.core.cycles - before) == (hex(op), cycles)
        assert (hex(op), *state(processor.core, processor.chip)) == (hex(op), *state(other.core, other))
        compared += 1
    assert compared > 15000


def test_an_exception_is_taken_and_comes_back(processor):
    core = processor.core
    for process, sp in ((False, STACK), (True, STACK - 0x104)):
        step(processor, CPSID)  # MSR has two halves
        core.pc, core.primask = CODE, False
        core.registers[0] = process << 1
        step(processor, 0xF380, 0x8814, count=1)  # MSR CONTROL, r0
        core.registers[SP] = sp
        core.registers[:13] = range(1, 14)
        core.n, core.z, core.c, core.v = True, False, True, False
        processor.chip.write_uint32(ICSR, PEND_SYSTICK)
        step(processor, NOP, count=1)
        assert (core.ipsr, core.pc, core.on_process_stack) == (15, CODE + 0xF02, False)
        assert core.registers[LR] == (0xFFFFFFFD if process else 0xFFFFFFF9)
        core.registers[:4] = core.registers[12:13] * 4
        core.n, core.v = False, True
        step(processor, 0x4770)  # BX LR
        assert (core.ipsr, core.pc, core.on_process_stack) == (0, CODE + 4, process)
        assert (core.registers[:13], core.registers[SP]) == (list(range(1, 14)), sp)
        assert [getattr(core, flag) for flag in FLAGS] == [True, False, True, False]
        core.pc = CODE


def test_the_more_urgent_exception_comes_first(processor):
    core = processor.core
    processor.chip.write_uint32(SHPR3, 1 << 30 | 2 << 22)  # SysTick before PendSV
    processor.chip.write_uint32(ICSR, PEND_PENDSV)
    step(processor, NOP, count=1)
    assert core.ipsr == 14
    processor.chip.write_uint32(ICSR, PEND_SYSTICK | PEND_PENDSV)
    step(processor, NOP, count=1)
    assert core.ipsr == 15
    step(processor, NOP)
    assert core.ipsr == 15
    step(processor, 0x4770)
    assert core.ipsr == 14
    step(processor, 0x4770, count=2)
    assert core.ipsr == 14
    processor.chip.write_uint32(NVIC_ISER, 1 << 7)
    processor.chip.set_interrupt(7, True)
    step(processor, NOP, count=1)
    assert core.ipsr == 16 + 7
    processor.chip.set_interrupt(7, False)
    step(processor, SVC, NOP)
    assert core.ipsr == 16 + 7  # SVCall has the same priority


def test_a_masked_interrupt_ends_the_waiting_and_is_taken_later(processor):
    core = processor.core
    step(processor, CPSID, WFI, NOP)
    assert (core.waiting, core.pc) == (True, CODE + 4)
    processor.chip.write_uint32(ICSR, PEND_SYSTICK)
    step(processor, NOP)
    assert (core.waiting, core.pc, core.ipsr) == (False, CODE + 6, 0)
    step(processor, CPSIE, NOP)
    assert core.ipsr == 15


def test_an_interrupt_that_is_not_enabled_ends_no_waiting(processor):
    step(processor, WFI)
    processor.chip.set_interrupt(5, True)
    step(processor, NOP)
    assert processor.core.waiting
    processor.chip.write_uint32(NVIC_ISER, 1 << 5)
    step(processor, NOP)
    assert processor.core.ipsr == 16 + 5


def divided(processor, dividend, divisor, is_signed):
    """What the divider gives, by instructions."""
    registers = processor.core.registers
    for offset, value in ((UDIVIDEND + 8 * is_signed, dividend), (UDIVISOR + 8 * is_signed, divisor)):
        registers[0], registers[1], processor.core.pc = DIVIDER + offset, value & 0xFFFFFFFF, CODE
        step(processor, 0x6001)  # STR r1, [r0]
    results = []
    for offset in (CSR, REMAINDER, QUOTIENT, CSR):
        registers[0], processor.core.pc = DIVIDER + offset, CODE
        step(processor, 0x6801)  # LDR r1, [r0]
        results.append(registers[1])
    return results


@pytest.mark.parametrize(
    ("dividend", "divisor", "is_signed", "quotient", "remainder"),
    [
        (100, 7, False, 14, 2),
        (-100, 7, False, 613566742, 2),
        (-100, 7, True, -14, -2),
        (100, -7, True, -14, 2),
        (-(1 << 31), -1, True, -(1 << 31), 0),
        (5, 0, False, -1, 5),
        (5, 0, True, -1, 5),
        (-5, 0, True, 1, -5),
    ],
)
def test_the_divider(processor, dividend, divisor, is_signed, quotient, remainder):
    results = divided(processor, dividend, divisor, is_signed)
    assert results == [3, remainder & 0xFFFFFFFF, quotient & 0xFFFFFFFF, 1]


FOR_EVER = 0xE7FE  # b .


def test_alarms_are_called_in_time(processor):
    clock, called = processor.chip.clock, []
    processor.chip.write_uint16(CODE, FOR_EVER)
    alarm = clock.create_alarm(lambda: called.append(clock.nanos))
    alarm.schedule(1000)
    processor.run()
    assert called == [1000]
    assert 1000 <= clock.nanos < 1016
    processor.core.waiting = True
    alarm.schedule(1e9)
    processor.run()
    assert called[1] - 1e9 == pytest.approx(clock.nanos - 1e9)


def test_an_alarm_that_a_register_sets_is_in_time(processor):
    core, timer = processor.core, 0x40054000
    processor.chip.write_uint32(timer + 0x38, 1)  # INTE
    processor.chip.write_uint32(NVIC_ISER, 1)
    processor.chip.clock.create_alarm(lambda: None).schedule(1e9)
    core.registers[0], core.registers[1] = timer + 0x10, 50  # ALARM0, in microseconds
    for number, op in enumerate((0x6001, FOR_EVER)):
        processor.chip.write_uint16(CODE + 2 * number, op)
    processor.chip.write_uint16(CODE + 0x1000, FOR_EVER)
    processor.run()
    assert 50 <= processor.chip.clock.micros < 50.1
    processor.run()
    assert core.ipsr == 16


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (0xBE00, "met a breakpoint before 0x20000002"),
        (0xDE00, "met an undefined instruction before 0x20000002"),
        (0x6800, "used an address that is not aligned before 0x20000002"),
        (0x4700, "left its memory before 0x70000000"),
    ],
)
def test_what_it_cannot_go_on_with_is_said(processor, code, reason):
    processor.core.registers[0] = 0x70000000 if code == 0x4700 else DATA + 1
    processor.chip.write_uint16(CODE, code)
    with pytest.raises(EdgeletError, match=f"the emulated processor {reason}"):
        processor.run()
