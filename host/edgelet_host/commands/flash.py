"""`edgelet flash`."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgelet_host.commands.completion import complete_board
from edgelet_host.commands.many import check_choice, on_each, print_outcomes, raise_failures
from edgelet_host.commands.options import device_option, json_option
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import Standing, print_json, progress, step

if TYPE_CHECKING:
    from edgelet_host.bootloader.esptool import Image
    from edgelet_host.bootloader.flashing import Crowd
    from edgelet_host.device.targets import Target
    from edgelet_host.firmware.uf2 import Uf2


@click.command()
@click.option("--board", metavar="NAME", shell_complete=complete_board, help="Build the firmware of this board first.")
@click.option(
    "--image",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Firmware to take instead: .uf2 for RP2040 and RP2350, .bin for ESP32.",
)
@click.option("--erase-filesystem", is_flag=True, help="Lose what the board keeps: functions, settings, secrets.")
@click.option(
    "--volume",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the board's BOOTSEL volume is or will be mounted, if it is not found by itself.",
)
@click.option("--all", "to_all", is_flag=True, help="Every board at USB, side by side; also those in BOOTSEL mode.")
@device_option
@json_option
def flash(
    board: str | None,
    image: Path | None,
    erase_filesystem: bool,
    volume: Path | None,
    to_all: bool,
    devices: tuple[str, ...],
    as_json: bool,
) -> None:
    """Bring edgelet's firmware to a board at USB. Its functions, settings and secrets stay, unless told otherwise.

    A Pico may be at its serial port, or in BOOTSEL mode: hold its button while you plug it in.

    Example: edgelet flash --board EDGELET_PICO_W
    """
    from edgelet_host.firmware.boards import board_firmware

    check_choice(all=to_all, volume=volume is not None and to_all)
    _check_firmware(board, image)
    # To build it takes minutes, so it is for a board that is there.
    target = None if to_all else _look(volume, devices)
    crowd = _look_for_all() if to_all else None
    firmware = _read(image or board_firmware(str(board)))
    if crowd is not None:
        _flash_all(crowd, firmware, erase_filesystem, as_json)
        return
    label, port = _flash_one(firmware, erase_filesystem, volume, target)
    if as_json:
        print_json([{"device": label, **firmware.as_json(port)}])
    else:
        click.echo(f"{firmware.told} is on the board at {port}, compared and started")
        click.echo(f"Next: edgelet setup --device {port}", err=True)


@dataclass(frozen=True)
class _Firmware:
    """What is flashed. parsed: for whom, and what."""

    file: Path
    digest: str
    parsed: "Uf2 | Image"

    @property
    def told(self) -> str:
        return f"{self.file.name} (SHA-256 {self.digest})"

    def as_json(self, port: str) -> dict[str, object]:
        return {"port": port, "file": self.file.name, "sha256": self.digest}


def _read(file: Path) -> _Firmware:
    from edgelet_host.bootloader import esptool
    from edgelet_host.firmware import uf2

    data = file.read_bytes()
    parsed = uf2.parse(data, str(file)) if file.suffix == ".uf2" else esptool.read_image(file)
    return _Firmware(file, hashlib.sha256(data).hexdigest(), parsed)


def _look(volume: Path | None, devices: tuple[str, ...]) -> "Target | None":
    """Give the board that is named, None where it is the only one there is."""
    from edgelet_host.bootloader.flashing import check_board
    from edgelet_host.device.targets import choose_target

    target = choose_target(devices) if devices else None
    check_board(target.port if target else "", volume)
    return target


def _look_for_all() -> "Crowd":
    from edgelet_host.bootloader.flashing import Crowd

    crowd = Crowd()
    if not crowd.targets:
        raise EdgeletError("no board found: connect boards by USB, new ones with their BOOTSEL button held")
    return crowd


def _flash_one(firmware: _Firmware, erase: bool, volume: Path | None, target: "Target | None") -> tuple[str, str]:
    """Give what the board was called, and its port."""
    from edgelet_host.bootloader.flashing import flash_esp32, flash_rp2
    from edgelet_host.firmware.uf2 import Uf2

    port = target.port if target else ""
    if isinstance(firmware.parsed, Uf2):
        with progress() as add:
            port = flash_rp2(firmware.parsed, port, volume, erase, add)
    else:
        with step(f"Flashing {firmware.file.name}") as tell:
            port = flash_esp32(firmware.parsed, port, erase, tell)
    return target.label if target else port, port


def _flash_all(crowd: "Crowd", firmware: _Firmware, erase: bool, as_json: bool) -> None:
    from edgelet_host.firmware.uf2 import Uf2

    def work(target: "Target", row: Standing) -> str:
        if isinstance(firmware.parsed, Uf2):
            return crowd.flash_rp2(firmware.parsed, target, erase, row.add)
        return crowd.flash_esp32(firmware.parsed, target, erase, row.tell)

    if not as_json:
        click.echo(firmware.told)
    outcomes = on_each(crowd.targets, work)
    if as_json:
        print_json([one.as_json(firmware.as_json) for one in outcomes])
    else:
        print_outcomes(outcomes, lambda port: f"compared and started, at {port}")
    raise_failures(outcomes)


def _check_firmware(board: str | None, image: Path | None) -> None:
    """Raise EdgeletError where it is not said what to flash, or there is no such thing."""
    from edgelet_host.firmware.boards import read_definitions

    if (image is None) == (board is None):
        raise EdgeletError("say what to flash: --board NAME to build it, or --image FILE")
    if board:
        read_definitions(board)
    if image and image.suffix not in (".uf2", ".bin"):
        raise EdgeletError(f"{image} is neither a .uf2 nor a .bin: 'edgelet build --board NAME' makes firmware")
