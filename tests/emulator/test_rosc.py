"""The emulated Pico's ring oscillator."""

from edgelet_host.emulator import rosc
from rp2040py.rp2040 import RP2040

STATUS, RANDOMBIT = 0x40060018, 0x4006001C


def test_random_bits():
    chip = RP2040()
    rosc.install(chip)
    bits = [chip.read_uint32(RANDOMBIT) for _ in range(4096)]
    assert set(bits) == {0, 1}
    assert 1700 < sum(bits) < 2400  # 10 times the standard deviation on each side
    assert chip.read_uint32(STATUS) == 0x80001000
