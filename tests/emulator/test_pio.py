"""The emulated Pico's programmable I/O, which the emulator forgets until it is used."""

import pytest
from edgelet_host.emulator import ensure_processor, pio
from edgelet_host.emulator.processor import Processor
from rp2040py.simulator import Simulator

CODE = 0x20000000
FOR_EVER = 0xE7FE  # b .
CTRL, IRQ, INSTRUCTIONS = 0x000, 0x030, 0x048
SET = 0x2000  # of a register's aliases: sets bits
IRQ_SET_3 = 0xC003
PIN_CTRL = 0x40014004
PIO0, PIO1 = 0x50200000, 0x50300000


@pytest.fixture
def processor():
    chip = Simulator().rp2040
    processor = Processor(chip, ensure_processor())
    processor.chip, processor.blocks = chip, pio.install(chip)
    chip.write_uint16(CODE, FOR_EVER)
    processor.core.pc = CODE
    return processor


def execute(processor):
    for _ in range(1000):
        processor.run()


@pytest.mark.parametrize("base", [PIO0, PIO1])
@pytest.mark.parametrize("alias", [0, SET])
def test_a_program_runs(processor, base, alias):
    chip = processor.chip
    assert chip.pio == []
    chip.write_uint32(base + INSTRUCTIONS, IRQ_SET_3)
    chip.write_uint32(base + CTRL + alias, 1)
    execute(processor)
    assert chip.read_uint32(base + IRQ) == 1 << 3


@pytest.mark.parametrize("number", [0, 1])
def test_a_pin_of_theirs_is_driven_by_them(processor, number):
    chip = processor.chip
    chip.write_uint32(PIN_CTRL, 6 + number)
    chip.pio[number].pin_directions = chip.pio[number].pin_values = 1
    assert chip.gpio[0].output_enable
    assert chip.gpio[0].output_value


def test_a_reset_puts_them_to_sleep(processor):
    chip = processor.chip
    chip.write_uint32(PIO0 + CTRL, 1)
    processor.blocks.wake()
    chip.reset()
    processor.blocks.sleep()
    assert chip.pio == []
    processor.core.pc = CODE
    execute(processor)
    assert chip.read_uint32(PIO0 + CTRL) == 0
