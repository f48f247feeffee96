"""Builds the firmware of boards and says what it takes of them.

    build = board_build("EDGELET_PICO")
    report = measure(build, ensure(build))

A board is a folder in firmware/boards whose name begins with EDGELET_: its mpconfigboard.cmake, with what that
includes, says which chip it has and how the flash is divided.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import sources, uf2
from edgelet_host.firmware.builds import Build, ensure
from edgelet_host.firmware.system import BOARD_PACKAGES, BUILD_PACKAGES
from edgelet_host.paths import BOARD_FIRMWARE, FIRMWARE, ROOT, prebuilt

BOARDS = FIRMWARE / "boards"
PREFIX = "EDGELET_"

# Places of submodules in MicroPython's tree that are not among the pinned sources.
_RADIO_DRIVER = "lib/cyw43-driver"
_ESP32_DATABASE = "lib/berkeley-db-1.xx"

# Where the flash begins (RP2040 datasheet, section 2.2; RP2350 datasheet, section 2.2).
_FLASH_ADDRESS = 0x10000000


def board_names() -> list[str]:
    """Give the names of all boards."""
    return sorted(path.name for path in BOARDS.glob(f"{PREFIX}*") if path.is_dir())


def read_definitions(board: str) -> dict[str, str]:
    """Give what a board's mpconfigboard.cmake and the files that it includes set.

    EdgeletError for a board that there is not.
    """
    if board not in board_names():
        raise EdgeletError(f"There is no board {board}; there are: {', '.join(board_names())}.")
    return _definitions(BOARDS / board / "mpconfigboard.cmake")


def _definitions(path: Path) -> dict[str, str]:
    text = path.read_text("utf-8")
    found = {name: value.strip('"') for name, value in re.findall(r"^set\((\w+) (\S+)\)", text, flags=re.MULTILINE)}
    for included in re.findall(r"^include\(\$\{CMAKE_CURRENT_LIST_DIR\}/(\S+)\)", text, flags=re.MULTILINE):
        found |= _definitions(path.parent / included)
    return found


def board_build(board: str, micropython: Path | None = None) -> Build:
    """Give the build of a board's firmware.

    micropython: an upstream checkout to build from; the environment variable EDGELET_MICROPYTHON names one too.
    EdgeletError where there is no such board or where something is missing that the build cannot bring.
    """
    definitions = read_definitions(board)
    chosen = micropython or os.environ.get("EDGELET_MICROPYTHON")
    checkout = Path(chosen).resolve() if chosen else None
    esp32 = "IDF_TARGET" in definitions
    port = "esp32" if esp32 else "rp2"
    return Build(
        name=board,
        title=f"the firmware of {board}",
        port=port,
        product="firmware.bin" if esp32 else "firmware.elf",
        folders=(BOARDS / board, BOARDS / port, ROOT / "device"),
        variables=(f"BOARD={board}", f"BOARD_DIR={BOARDS / board}"),
        submodules=_esp32_submodules(board, checkout) if esp32 else _rp2_submodules(board, definitions, checkout),
        checkout=checkout,
        compiler="idf.py" if esp32 else "arm-none-eabi-gcc",
        packages=BUILD_PACKAGES if esp32 else BOARD_PACKAGES,
    )


def has_esp_idf() -> bool:
    """Whether this shell has Espressif's ESP-IDF, with which firmware for ESP32 chips is built."""
    return shutil.which("idf.py") is not None


def image_name(board: str) -> str:
    """Give the file name of a board's firmware as it is flashed: a .uf2, or for ESP32 a .bin."""
    return f"{board}.bin" if "IDF_TARGET" in read_definitions(board) else BOARD_FIRMWARE.format(board)


def _rp2_submodules(board: str, definitions: dict[str, str], checkout: Path | None) -> tuple[str, ...]:
    pinned = ("lwip", "mbedtls", "pico-sdk", "tinyusb-source")
    if "MICROPY_PY_NETWORK_CYW43" not in definitions:
        return pinned
    _need_checkout(board, checkout, _RADIO_DRIVER, "rp2 BOARD=RPI_PICO_W")
    return (*pinned, _RADIO_DRIVER)


def _esp32_submodules(board: str, checkout: Path | None) -> tuple[str, ...]:
    if not has_esp_idf():
        raise EdgeletError(
            f"{board} is built with Espressif's ESP-IDF, which is not there: install the version that MicroPython's "
            "ports/esp32/README.md names, run '. export.sh' of it in this shell, and build again."
        )
    _need_checkout(board, checkout, _ESP32_DATABASE, "esp32")
    return ("mbedtls", "tinyusb-source", _ESP32_DATABASE)


def _need_checkout(board: str, checkout: Path | None, place: str, port: str) -> None:
    if checkout is None:
        raise EdgeletError(
            f"{board} needs MicroPython's submodule {place}, which the pinned packages lack: name an upstream checkout "
            f"by EDGELET_MICROPYTHON, in which 'make -C ports/{port} submodules' has run."
        )


@dataclass(frozen=True)
class Report:
    """What a firmware takes of its board, in bytes.

    flash_used, flash_size: of the part of the flash that is the firmware's. data, bss: RAM of initialized and other
    variables, among them the arena (`arena`). heap: RAM that is left for MicroPython. slots, slot_size: for images in
    flash. filesystem: flash for files.
    """

    board: str
    flash_used: int
    flash_size: int
    data: int
    bss: int
    arena: int
    heap: int
    slots: list[tuple[int, int]]
    filesystem: int

    @property
    def images(self) -> int:
        """Bytes of all image slots."""
        return sum(number * size for number, size in self.slots)

    @property
    def flash_free(self) -> int:
        """What the firmware may still grow by."""
        return self.flash_size - self.flash_used


def measure(board: str, elf: Path) -> Report:
    """Read from an RP2 board's firmware what it takes."""
    symbols, sizes = _symbols(elf)
    definitions = {name: int(value) for name, value in read_definitions(board).items() if value.isdigit()}
    kinds = [("EDGELET_IMAGE_SLOTS", "EDGELET_SLOT_BYTES"), ("EDGELET_LARGE_SLOTS", "EDGELET_LARGE_SLOT_BYTES")]
    slots = [(definitions[number], definitions[size]) for number, size in kinds if definitions[number]]
    firmware = definitions["EDGELET_FIRMWARE_BYTES"]
    return Report(
        board=board,
        flash_used=symbols["__flash_binary_end"] - symbols["__flash_binary_start"],
        flash_size=firmware,
        data=symbols["__data_end__"] - symbols["__data_start__"],
        bss=symbols["__bss_end__"] - symbols["__bss_start__"],
        arena=sizes["arena_block"],
        heap=symbols["__GcHeapEnd"] - symbols["__GcHeapStart"],
        slots=slots,
        filesystem=definitions["EDGELET_FLASH_BYTES"] - firmware - sum(number * size for number, size in slots),
    )


def _symbols(elf: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Give the values of an ELF file's symbols, and the sizes of those that have one."""
    command = ["arm-none-eabi-nm", "--print-size", "--format=posix", str(elf)]
    lines = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.splitlines()
    fields = [line.split() for line in lines]
    values = {one[0]: int(one[2], 16) for one in fields if len(one) > 2}
    return values, {one[0]: int(one[3], 16) for one in fields if len(one) > 3}


def board_firmware(board: str) -> Path:
    """Give a board's firmware as it is flashed, that of a release or built: `image_name`."""
    if not os.environ.get("EDGELET_MICROPYTHON") and (released := prebuilt(image_name(board))):
        return released
    build = board_build(board)
    ensure(build)
    return write_outputs(build, build.folder / "output")[0]


def write_outputs(build: Build, folder: Path) -> list[Path]:
    """Write a finished firmware as people flash it, with its checksums, into `folder`. Gives the files.

    Each file is replaced whole: another process may be reading it, or writing the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder) as fresh:
        return [path.replace(folder / path.name) for path in _make_outputs(build, Path(fresh))]


def _make_outputs(build: Build, folder: Path) -> list[Path]:
    binary = folder / f"{build.name}.bin"
    written = [binary]
    if build.port == "rp2":
        subprocess.run(["arm-none-eabi-objcopy", "--output-target=binary", build.firmware, binary], check=True)
        written.insert(0, _write_uf2(build, binary))
    else:
        shutil.copyfile(build.firmware, binary)
    checksums = folder / f"{build.name}.sha256"
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in written]
    checksums.write_text("".join(lines), "utf-8")
    return [*written, checksums]


def _write_uf2(build: Build, binary: Path) -> Path:
    """Make a .uf2 of a .bin with MicroPython's own tool."""
    tool = sources.micropython_tree(build.submodules, build.checkout) / "tools" / "uf2conv.py"
    family = uf2.FAMILIES[read_definitions(build.name)["PICO_PLATFORM"].partition("-")[0].upper()]
    image = binary.with_name(image_name(build.name))
    options = [f"--family=0x{family:x}", f"--base=0x{_FLASH_ADDRESS:x}", "--convert", f"--output={image}"]
    command = [sys.executable, str(tool), *options, str(binary)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise EdgeletError(f"{tool} failed: {(done.stderr or done.stdout).strip()[-200:]}")
    return image
