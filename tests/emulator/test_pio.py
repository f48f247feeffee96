"""The emulated Pico's programmable I/O, which the emulator forgets until it is used."""

import pytest
from edgelet_host.emulator import pio
from rp2040py.simulator import Simulator

CODE = 0x20000000
FOR_EVER = 0xE7FE  # b .
CTRL, IRQ, INSTRUCTIONS = 0x000, 0x030, 0x048
SET = 0x2000  # of a register's aliases: sets bits
IRQ_SET_3 = 0xC003
PIN_CTRL = 0x40014004
PIO0, PIO1 = 0x50200000, 0x50300000


@pytest.fixture
def simulator():
    simulator = Simulator()
    simulator.blocks = pio.install(simulator.rp2040)
    simulator.rp2040.write_uint16(CODE, FOR_EVER)
    simulator.rp2040.core.pc = CODE
    simulator.stopped = False
    return simulator


@pytest.mark.parametrize("base", [PIO0, PIO1])
@pytest.mark.parametrize("alias", [0, SET])
def test_a_program_runs(simulator, base, alias):
    chip = simulator.rp2040
    assert chip.pio == []
    chip.write_uint32(base + INSTRUCTIONS, IRQ_SET_3)
    chip.write_uint32(base + CTRL + alias, 1)
    simulator._execute_batch()
    assert chip.read_uint32(base + IRQ) == 1 << 3


@pytest.mark.parametrize("number", [0, 1])
def test_a_pin_of_theirs_is_driven_by_them(simulator, number):
    chip = simulator.rp2040
    chip.write_uint32(PIN_CTRL, 6 + number)
    chip.pio[number].pin_directions = chip.pio[number].pin_values = 1
    assert chip.gpio[0].output_enable
    assert chip.gpio[0].output_value


def test_a_reset_puts_them_to_sleep(simulator):
    chip = simulator.rp2040
    chip.write_uint32(PIO0 + CTRL, 1)
    simulator.blocks.wake()
    chip.reset()
    simulator.blocks.sleep()
    assert chip.pio == []
    simulator._execute_batch()
    assert chip.read_uint32(PIO0 + CTRL) == 0
