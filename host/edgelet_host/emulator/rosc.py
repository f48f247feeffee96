"""The random bit of RP2040's ring oscillator (datasheet, section 2.17), which the emulator does not have."""

import secrets

from rp2040py.peripherals.peripheral import BasePeripheral
from rp2040py.rp2040 import RP2040

_BASE_PAGE = 0x40060  # in units of 4 KB
_STATUS, _RANDOMBIT = 0x18, 0x1C
_ENABLED_AND_STABLE = 1 << 31 | 1 << 12
_BITS = 4096  # asked of the system at a time


class RingOscillator(BasePeripheral):
    """An oscillator that runs for ever, whose random bits are the system's."""

    def __init__(self, rp2040: RP2040) -> None:
        super().__init__(rp2040, "ROSC")
        self._bits = 0
        self._left = 0

    def read_uint32(self, offset: int) -> int:
        """Give a register's value; of those that set the oscillator up, 0."""
        if offset == _RANDOMBIT:
            return self._random_bit()
        return _ENABLED_AND_STABLE if offset == _STATUS else 0

    def write_uint32(self, offset: int, value: int) -> None:
        """Leave the oscillator as it is."""

    def _random_bit(self) -> int:
        if self._left == 0:
            self._bits, self._left = secrets.randbits(_BITS), _BITS
        self._left -= 1
        return self._bits >> self._left & 1


def install(rp2040: RP2040) -> None:
    """Give the emulator a ring oscillator."""
    rp2040.peripherals[_BASE_PAGE] = RingOscillator(rp2040)
