"""`edgelet flash`."""

import hashlib
from pathlib import Path

import click

from edgelet_host.commands.completion import complete_board
from edgelet_host.commands.options import device_option
from edgelet_host.errors import EdgeletError


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
@device_option
def flash(
    board: str | None, image: Path | None, erase_filesystem: bool, volume: Path | None, devices: tuple[str, ...]
) -> None:
    """Bring edgelet's firmware to a board at USB. Its functions, settings and secrets stay, unless told otherwise.

    A Pico may be at its serial port, or in BOOTSEL mode: hold its button while you plug it in.

    Example: edgelet flash --board EDGELET_PICO_W
    """
    from edgelet_host.bootloader import esptool
    from edgelet_host.bootloader.flashing import flash_esp32, flash_rp2
    from edgelet_host.device.targets import choose_target
    from edgelet_host.firmware import uf2
    from edgelet_host.terminal import progress

    file = _firmware(board, image)
    port = choose_target(devices).port if devices else ""
    if file.suffix == ".uf2":
        parsed = uf2.parse(file.read_bytes(), str(file))
        with progress() as add:
            port = flash_rp2(parsed, port, volume, erase_filesystem, add)
    else:
        port = flash_esp32(esptool.read_image(file), port, erase_filesystem)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    click.echo(f"{file.name} (SHA-256 {digest}) is on the board at {port}, compared and started")
    click.echo(f"Next: edgelet setup --device {port}", err=True)


def _firmware(board: str | None, image: Path | None) -> Path:
    if board and image is None:
        from edgelet_host.firmware.boards import board_firmware

        return board_firmware(board)
    if image is None or board:
        raise EdgeletError("say what to flash: --board NAME to build it, or --image FILE")
    if image.suffix not in (".uf2", ".bin"):
        raise EdgeletError(f"{image} is neither a .uf2 nor a .bin: 'edgelet build --board NAME' makes firmware")
    return image
