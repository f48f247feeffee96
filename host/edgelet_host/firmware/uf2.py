"""UF2 files, as the boot ROMs of RP2040 and RP2350 take them.

The format is Microsoft's (github.com/microsoft/uf2); the families are those of pico-sdk's boot/uf2.h.
"""

import struct
from dataclasses import dataclass

from edgelet_host.errors import EdgeletError

BLOCK = 512
_HEAD = struct.Struct("<8I")  # magic, magic, flags, address, size of the data, number, count, family
_MAGIC = (0x0A324655, 0x9E5D5157)
_END_MAGIC = 0x0AB16F30
_DATA_BYTES = 476
_NOT_FOR_FLASH = 0x0001
_HAS_FAMILY = 0x2000

# What the firmware of a chip is, of RP2350 for its Arm cores.
FAMILIES = {"RP2040": 0xE48BFF56, "RP2350": 0xE48BFF59}
# RP2350 takes two more: RISC-V, and Arm without secure mode.
_CHIPS = {family: chip for chip, family in FAMILIES.items()} | {0xE48BFF5A: "RP2350", 0xE48BFF5B: "RP2350"}
# Of blocks that are there for the boot ROM and not for flash: pico-sdk puts one in front for erratum RP2350-E10.
_ABSOLUTE = 0xE48BFF57


@dataclass(frozen=True)
class Uf2:
    """A UF2 file. chip: what it is for. parts: what it puts into flash, (address, bytes), in order, none adjoining."""

    data: bytes
    chip: str
    parts: list[tuple[int, bytes]]


def parse(data: bytes, name: str) -> Uf2:
    """Read a UF2 file and check all of its blocks. name: for errors, which are EdgeletError."""
    if not data or len(data) % BLOCK or data[:4] != _MAGIC[0].to_bytes(4, "little"):
        raise EdgeletError(f"{name} is no UF2 file: take the .uf2 that 'edgelet build --board NAME' makes")
    families: dict[int, dict[int, tuple[int, bytes]]] = {}
    counts: dict[int, int] = {}
    for offset in range(0, len(data), BLOCK):
        first, second, flags, address, size, number, count, family = _HEAD.unpack_from(data, offset)
        end = int.from_bytes(data[offset + BLOCK - 4 : offset + BLOCK], "little")
        if (first, second) != _MAGIC or end != _END_MAGIC or size > _DATA_BYTES:
            raise EdgeletError(f"{name} is damaged at block {offset // BLOCK}: build or download it again")
        if flags & _NOT_FOR_FLASH:
            continue
        family = family if flags & _HAS_FAMILY else 0
        content = data[offset + _HEAD.size : offset + _HEAD.size + size]
        families.setdefault(family, {})[number] = (address, content)
        if counts.setdefault(family, count) != count:
            raise EdgeletError(f"{name} is damaged at block {offset // BLOCK}: build or download it again")
    absolute = families.pop(_ABSOLUTE, None)
    chips = {_CHIPS.get(family, "") for family in families}
    if chips not in ({"RP2040"}, {"RP2350"}) or len(families) > 1 or (absolute and chips == {"RP2040"}):
        raise EdgeletError(f"{name} is for another chip than RP2040 and RP2350: its family is {_names(families)}")
    [(family, blocks)] = families.items()
    if set(blocks) != set(range(counts[family])):
        raise EdgeletError(f"{name} has {len(blocks)} of {counts[family]} blocks: build or download it again")
    return Uf2(data, chips.pop(), _joined(blocks))


def _names(families: dict[int, dict[int, tuple[int, bytes]]]) -> str:
    return ", ".join(f"0x{family:08x}" for family in families) or "missing"


def _joined(blocks: dict[int, tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    parts: list[tuple[int, bytearray]] = []
    for address, content in sorted(blocks.values()):
        if parts and parts[-1][0] + len(parts[-1][1]) == address:
            parts[-1][1].extend(content)
        else:
            parts.append((address, bytearray(content)))
    return [(address, bytes(content)) for address, content in parts]
