"""RP2040's programmable I/O (datasheet, chapter 3), which costs the emulator nothing before it is used.

The emulator asks both blocks after each instruction of the core whether they run: a third of its time. So it does not
know of them until a register of theirs is written or a pin is given to them.
"""

from rp2040py.gpio_pin import FUNCTION_PIO0, FUNCTION_PIO1
from rp2040py.peripherals.io import GPIO_CTRL_LAST, RPIO
from rp2040py.peripherals.peripheral import Peripheral
from rp2040py.rp2040 import RP2040

_BLOCK_PAGES = (0x50200, 0x50300)  # in units of 4 KB
_PINS_PAGE = 0x40014
_FUNCTION = 0x1F  # of a pin's CTRL register


class Blocks:
    """The emulator's list of both blocks, empty until they are used."""

    def __init__(self, rp2040: RP2040) -> None:
        self._list = rp2040.pio
        self._all = tuple(rp2040.pio)
        self.sleep()

    def wake(self) -> None:
        """Let the emulator know of them."""
        self._list[:] = self._all

    def sleep(self) -> None:
        """Let it forget them, after a reset."""
        self._list.clear()


class Registers:
    """A block's registers on the bus. A `Peripheral`."""

    def __init__(self, block: Peripheral, blocks: Blocks) -> None:
        self._block = block
        self._blocks = blocks
        self.read_uint32 = block.read_uint32
        self.reset = block.reset

    def write_uint32(self, offset: int, value: int) -> None:
        """Write a register."""
        self._blocks.wake()
        self._block.write_uint32(offset, value)

    def write_uint32_atomic(self, offset: int, value: int, atomic_type: int) -> None:
        """Write a register, or set, clear or toggle bits of it."""
        self._blocks.wake()
        self._block.write_uint32_atomic(offset, value, atomic_type)


class Pins(RPIO):
    """The pins' registers."""

    def __init__(self, rp2040: RP2040, blocks: Blocks) -> None:
        super().__init__(rp2040, "IO_BANK0_BASE")
        self._blocks = blocks

    def write_uint32(self, offset: int, value: int) -> None:
        """Write a register."""
        if offset <= GPIO_CTRL_LAST and value & _FUNCTION in (FUNCTION_PIO0, FUNCTION_PIO1):
            self._blocks.wake()
        super().write_uint32(offset, value)


def install(rp2040: RP2040) -> Blocks:
    """Put such registers in the place of the emulator's. Before a reset, the blocks have to be awake."""
    blocks = Blocks(rp2040)
    for page in _BLOCK_PAGES:
        rp2040.peripherals[page] = Registers(rp2040.peripherals[page], blocks)
    rp2040.peripherals[_PINS_PAGE] = Pins(rp2040, blocks)
    return blocks
