"""ESP32 firmware: images, and esptool, which comes from PyPI into the cache when it is first needed."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware.environments import ensure_environment, program

_REQUIREMENTS = Path(__file__).with_suffix(".txt")
_BAUD = 460800
_FATAL = "A fatal error occurred: "
# ESP-IDF's esp_app_format.h: the header of an image begins with this and has the chip's number at 12; and where the
# chip's ROM looks for the second-stage bootloader, with which MicroPython's firmware.bin begins.
_MAGIC = 0xE9
_CHIP_AT = 12
_CHIPS = {0: ("esp32", 0x1000), 5: ("esp32c3", 0), 9: ("esp32s3", 0)}


@dataclass(frozen=True)
class Image:
    """A firmware. chip: as esptool calls it. offset: where it belongs in flash."""

    path: Path
    chip: str
    offset: int


def read_image(path: Path) -> Image:
    """Read what a firmware is for. Raises EdgeletError."""
    head = path.read_bytes()[: _CHIP_AT + 2]
    if len(head) < _CHIP_AT + 2 or head[0] != _MAGIC:
        raise EdgeletError(f"{path} is no ESP32 firmware: take the .bin that 'edgelet build --board NAME' makes")
    number = int.from_bytes(head[_CHIP_AT:], "little")
    if number not in _CHIPS:
        raise EdgeletError(f"{path} is for another chip (number {number}) than ESP32, ESP32-C3 and ESP32-S3")
    return Image(path, *_CHIPS[number])


def flash(image: Image, port: str, erase: bool, tell: Callable[[str], None]) -> None:
    """Write an image to the board at a port, with all else erased before where wanted. Raises EdgeletError.

    tell: hears what esptool says.
    """
    tool = program(ensure_environment(_REQUIREMENTS), "esptool")
    if erase:
        _run(tool, image, port, tell, "erase-flash")
    _run(tool, image, port, tell, "write-flash", hex(image.offset), str(image.path))


def _run(tool: Path, image: Image, port: str, tell: Callable[[str], None], *arguments: str) -> None:
    command = [str(tool), "--port", port, "--chip", image.chip, "--baud", str(_BAUD), *arguments]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8") as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.strip())
            tell(line.strip())
        if process.wait() != 0:
            fatal = [line.partition(_FATAL)[2] for line in lines if _FATAL in line]
            reason = fatal[0] if fatal else (lines or ["no message"])[-1]
            raise EdgeletError(
                f"esptool at {port}: {reason.rstrip('.')}. Run it again with the board's BOOT button held down at first"
            )
