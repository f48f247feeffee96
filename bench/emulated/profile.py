"""Where the emulated Pico's processor spends its time: cycles by address, summed by what the linker put there."""

import bisect
import re
from collections import Counter
from pathlib import Path

#: What an object file belongs to, by its path in the linker's map; the first that fits.
PARTS = (
    ("JavaScript (QuickJS)", r"quickjs_module/engine/(engine|compile)"),
    ("isolates and web APIs in C", r"(quickjs|http|base|log|httpparse|quickjs_\w+)_module/"),
    ("network (lwIP, PPP, UART)", r"/lib/lwip/|modlwip|network_ppp|machine_uart|hardware_uart"),
    ("MicroPython's garbage collector", r"/py/gc\.|gchelper|gccollect"),
    ("MicroPython", r"/py/|/extmod/|/shared/runtime/|frozen_content|/ports/rp2/|^CMakeFiles/firmware.dir/[^/]*$"),
    ("the SDK's clock and arithmetic", r"pico-sdk|libgcc"),
)
ROM, OTHER = "copies and fills (the ROM's memcpy and memset)", "the rest"
_ROM_END = 0x4000  # RP2040 datasheet, section 2.6.1

# A section of the map: its name, on the same line or the next its address, size and object.
_SECTION = re.compile(r"^ \.\S+\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)$", re.MULTILINE)


class Map:
    """A firmware's map file: which object lies at an address."""

    def __init__(self, path: Path) -> None:
        found = [(int(address, 16), int(size, 16), name) for address, size, name in _SECTION.findall(path.read_text())]
        self._places = sorted(one for one in found if one[0] and one[1])
        self._starts = [address for address, _, _ in self._places]

    def part(self, address: int) -> str:
        """Give the name of the part of the firmware that an instruction belongs to."""
        if address < _ROM_END:
            return ROM
        at = bisect.bisect_right(self._starts, address) - 1
        start, size, name = self._places[at]
        if at < 0 or address >= start + size:
            return OTHER
        return next((part for part, pattern in PARTS if re.search(pattern, name)), OTHER)

    def split(self, samples: dict[int, int]) -> Counter[str]:
        """Sum cycles by part."""
        cycles: Counter[str] = Counter()
        for address, count in samples.items():
            cycles[self.part(address)] += count
        return cycles
