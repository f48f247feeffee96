"""The CPU clock of a board, where the setting cpu_mhz asks for another than the board's own.

Imported only then: who has the board's own has the RAM for something else.
"""

import sys
import time

from micropython import const

# RP2040's USB has 48 MHz, which the system's clock must not be below. The most is what the chips' maker vouches for:
# RP2040 since pico-sdk 2.1.1, with a core voltage of 1.15 V (hardware/clocks.h there); RP2350: datasheet, section 8.1.
_LEAST = const(48)
_MOST = {"RP2040": 200, "RP2350": 150}
# Those of ESP-IDF that Wi-Fi works with.
_ESP32 = {"ESP32": (80, 160, 240), "ESP32S3": (80, 160, 240), "ESP32C3": (80, 160)}

# RP2040 datasheet, sections 2.10.6 (the regulator, and where it starts: 1.10 V, for 133 MHz) and 2.18 (the PLL).
_VREG = const(0x40064000)
_VSEL = const(0xF0)
_VSEL_1V15 = const(0xC0)
_MOST_1V10 = const(133)
_SETTLE_MS = const(1)  # as long as pico-sdk waits
_CRYSTAL_MHZ = const(12)
_VCO_MHZ = (756, 1596)
_DIVIDER = const(7)


def chip():
    """The chip's name, as `RP2040`; on Linux a word that is none."""
    return sys.implementation._machine.split(" ")[-1]


def check(mhz, name):
    """Raises ValueError with a line for people where a chip of that name cannot have this clock, or should not."""
    if name in _ESP32 and mhz not in _ESP32[name]:
        raise ValueError(
            "setting cpu_mhz must be 0, %s on %s" % (" or ".join([str(one) for one in _ESP32[name]]), name)
        )
    most = _MOST.get(name)
    if most is None:
        return
    if not _LEAST <= mhz <= most:
        raise ValueError("setting cpu_mhz must be 0, or %d to %d on %s" % (_LEAST, most, name))
    if not _is_made(mhz):
        near = [str(one) for one in range(mhz - 5, min(mhz + 6, most + 1)) if _is_made(one)]
        raise ValueError("setting cpu_mhz cannot be %d: near it, %s makes %s" % (mhz, name, ", ".join(near)))


def _is_made(mhz):
    """Whether the PLL makes it of the crystal's frequency: a multiple of that, divided twice."""
    for vco in range(_VCO_MHZ[0], _VCO_MHZ[1] + 1, _CRYSTAL_MHZ):
        for first in range(1, _DIVIDER + 1):
            for second in range(1, first + 1):
                if vco == mhz * first * second:
                    return True
    return False


def set_clock(mhz, machine, name):
    """Sets it, through MicroPython's `machine`, on a chip of that name. Raises ValueError where that is refused.

    To be done before a UART is opened: its rate is divided from a clock that changes with it.
    """
    check(mhz, name)
    if name == "RP2040" and mhz > _MOST_1V10:
        machine.mem32[_VREG] = machine.mem32[_VREG] & ~_VSEL | _VSEL_1V15
        time.sleep_ms(_SETTLE_MS)
    machine.freq(mhz * 1000000)
