"""Brings a firmware to a board: RP2040 and RP2350 by their BOOTSEL volume, ESP32 by esptool."""

import errno
import hashlib
import os
import re
import string
import sys
import time
from collections.abc import Callable
from pathlib import Path

from edgelet_host.bootloader import esptool
from edgelet_host.device import ports
from edgelet_host.device.console import Device, DeviceError, connect
from edgelet_host.device.targets import find_targets
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import uf2
from edgelet_host.terminal import Show, say

_INFO = "INFO_UF2.TXT"
# RP2040 datasheet section 2.8.4.2, RP2350 datasheet section 5.7.2: Board-ID -> chip. The volume's label is the same.
_CHIPS = {"RPI-RP2": "RP2040", "RP2350": "RP2350"}
_FILE = "edgelet.uf2"
# Where Linux shows volumes that are not mounted, and macOS those that are.
_LABELS = Path("/dev/disk/by-label")
_VOLUMES = Path("/Volumes")
_CHUNK = 65536
# Flash sectors that are erased in one command; one takes at most 0.4 s (W25Q16JV datasheet, section 9.6).
_ERASED_AT_ONCE = 8
_SECTOR = 4096

# What a desktop takes to mount a volume, and a board to start.
_VOLUME_S = 20
_START_S = 40
_LOOK_S = 0.2

_BY_HAND = "unplug the board, hold its BOOTSEL button, plug it in and run this again"


def flash_rp2(image: uf2.Uf2, port: str, volume: Path | None, erase: bool, progress: Callable[[str], Show]) -> str:
    """Flash an RP2040 or RP2350 that is in BOOTSEL mode or at a serial port, and compare what it has then.

    port: "" for a board that is found. volume: where BOOTSEL volumes appear, None to look in all mounted ones. erase:
    the file system and kept images too. Gives the port. Raises EdgeletError.
    """
    before = _board_ports()
    found = _find_volume(volume)
    if found is None:
        port = port or _only(before)
        _enter_bootsel(port, image.chip)
        found = _wait_for_volume(volume)
    _check_volume(found, image.chip)
    _copy(image.data, found, progress("copying"))
    port = _wait_for_repl(port, before, found)
    with connect(port) as device:
        _verify(device, image, progress("verifying"))
        if erase:
            _erase_files(device, progress("erasing"))
    return _wait_for_repl(port, before, found) if erase else port


def flash_esp32(image: esptool.Image, port: str, erase: bool) -> str:
    """Flash an ESP32 at a serial port; esptool compares what it has then. Like `flash_rp2`."""
    before = _board_ports()
    port = port or _only(before)
    if not ports.exists(port):
        raise EdgeletError(ports.explain(port))
    esptool.flash(image, port, erase)
    return _wait_for_repl(port, before, None)


def _board_ports() -> list[str]:
    return [target.port for target in find_targets() if target.kind == "board"]


def _only(ports: list[str]) -> str:
    if not ports:
        raise EdgeletError(f"no board found: connect one by USB. If it is connected already, {_BY_HAND}")
    if len(ports) > 1:
        raise EdgeletError(f"there are several boards ({', '.join(ports)}): choose one with --device")
    return ports[0]


def _find_volume(given: Path | None) -> Path | None:
    """Give the volume of the only board that is in BOOTSEL mode, None where none is."""
    found = [folder for folder in ([given] if given else _mounted()) if _is_volume(folder)]
    if len(found) > 1:
        raise EdgeletError(f"several boards are in BOOTSEL mode ({', '.join(map(str, found))}): choose with --volume")
    return found[0] if found else None


def _mounted() -> list[Path]:
    """Give the places of file systems, among which a BOOTSEL volume may be."""
    if sys.platform == "win32":
        return [Path(f"{letter}:\\") for letter in string.ascii_uppercase[2:]]
    if sys.platform == "darwin":
        return sorted(_VOLUMES.iterdir())
    return _fat_mounts(Path("/proc/self/mounts").read_text("utf-8"))


def _fat_mounts(text: str) -> list[Path]:
    """Give the mount points of FAT file systems; what proc(5) writes in octal is decoded."""
    mounts = [line.split() for line in text.splitlines()]
    points = [
        re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), one[1]) for one in mounts if one[2] == "vfat"
    ]
    return [Path(point) for point in points]


def _is_volume(folder: Path) -> bool:
    try:
        return (folder / _INFO).is_file()
    except OSError:
        return False


def _enter_bootsel(port: str, chip: str) -> None:
    """Put the board at a port into BOOTSEL mode, through its REPL."""
    with connect(port) as device:
        machine = device.execute("import sys\nprint(getattr(sys.implementation, '_machine', ''))").strip()
        check_machine(port, machine, chip)
        if device.execute("import machine\nprint(hasattr(machine, 'bootloader'))").strip() != "True":
            raise EdgeletError(f"{port} is no board with a BOOTSEL mode ({machine})")
        say(f"{port}: restarting in BOOTSEL mode")
        device.send("import machine\nmachine.bootloader()")


def check_machine(port: str, machine: str, chip: str) -> None:
    """Raise EdgeletError where a board's own description names another chip."""
    others = [name for name in (*_CHIPS.values(), "ESP32") if name != chip and name in machine]
    if others:
        raise EdgeletError(
            f"the board at {port} has an {others[0]}, and this firmware is for {chip}: take that of its own"
        )


def _wait_for_volume(given: Path | None) -> Path:
    until = time.monotonic() + _VOLUME_S
    while time.monotonic() < until:
        if found := _find_volume(given):
            return found
        time.sleep(_LOOK_S)
    for label in _CHIPS:
        if (_LABELS / label).exists():
            raise EdgeletError(
                f"the board's volume {label} is not mounted. Mount it and run this again: "
                f"udisksctl mount --block-device {_LABELS / label}"
            )
    raise EdgeletError(f"no BOOTSEL volume appeared within {_VOLUME_S} s: {_BY_HAND}")


def _check_volume(volume: Path, chip: str) -> None:
    text = (volume / _INFO).read_text("utf-8", "replace")
    match = re.search(r"^Board-ID: *(\S+)", text, re.MULTILINE)
    board = match[1] if match else "unknown"
    if _CHIPS.get(board) != chip:
        what = _CHIPS.get(board, f"board {board!r}")
        raise EdgeletError(
            f"the board at {volume} has an {what}, and this firmware is for {chip}: take that of its own"
        )


def _copy(data: bytes, volume: Path, show: Show) -> None:
    """Write the file; the board restarts with its last block, whatever that does to the volume."""
    sent = 0
    try:
        with (volume / _FILE).open("wb", buffering=0) as file:
            while sent < len(data):
                sent += file.write(data[sent : sent + _CHUNK])
                if sent < len(data):
                    _sync(file.fileno())
                show(sent, len(data))
            _sync(file.fileno())
    except OSError as e:
        if sent < len(data):
            raise EdgeletError(_explain_write(volume, e)) from None


def _sync(file: int) -> None:
    try:
        os.fsync(file)
    except OSError as e:
        if e.errno != errno.EINVAL:  # not a file that is kept anywhere
            raise


def _explain_write(volume: Path, error: OSError) -> str:
    advice = {
        errno.EACCES: "mount it as yourself (udisksctl mount), or run this as root"
        if sys.platform == "linux"
        else "run this as the user who is logged in, or as the administrator",
        errno.EROFS: f"it is read-only: {_BY_HAND}",
        errno.ENOSPC: f"it is full: {_BY_HAND}",
    }
    return f"cannot write to {volume} ({error.strerror}): {advice.get(error.errno or 0, _BY_HAND)}"


def _wait_for_repl(port: str, before: list[str], volume: Path | None) -> str:
    """Wait until the board answers, at its port or, as the system may number it anew, one that was not there before."""
    until = time.monotonic() + _START_S
    reason = "no serial port appeared"
    while time.monotonic() < until:
        fresh = [one for one in _board_ports() if one not in (port, *before)]
        for candidate in [port, *fresh] if port else fresh:
            try:
                with connect(candidate):
                    return candidate
            except DeviceError as e:
                reason = e.message
        time.sleep(_LOOK_S)
    if volume and _is_volume(volume):
        raise EdgeletError(f"the board did not take the firmware and is still in BOOTSEL mode: {_BY_HAND}")
    raise EdgeletError(f"the board did not come back within {_START_S} s ({reason}): unplug it and plug it in again")


def _verify(device: Device, image: uf2.Uf2, show: Show) -> None:
    """Compare the SHA-256 of what the board has in flash, which it reads in place, with the image's."""
    total = sum(len(content) for _, content in image.parts)
    done = 0
    device.execute("import binascii, hashlib, uctypes")
    for start, content in image.parts:
        for offset in range(0, len(content), _CHUNK):
            wanted = content[offset : offset + _CHUNK]
            address = start + offset
            code = f"hashlib.sha256(uctypes.bytearray_at({address}, {len(wanted)})).digest()"
            digest = device.execute(f"print(binascii.hexlify({code}).decode())").strip()
            if digest != hashlib.sha256(wanted).hexdigest():
                raise EdgeletError(f"the board's flash differs from the firmware at 0x{address:08x}: {_BY_HAND}")
            done += len(wanted)
            show(done, total)


def _erase_files(device: Device, show: Show) -> None:
    """Erase the images that are kept and the file system, which the board makes anew when it starts."""
    regions = device.execute("import partition, rp2\nprint(*partition.IMAGES, *partition.FILES)").split()
    numbers = list(map(int, regions))
    total = numbers[1] + numbers[3]
    done = 0
    for start, length in (numbers[:2], numbers[2:]):
        device.execute(f"flash = rp2.Flash(start={start}, len={length})")
        sectors = length // _SECTOR
        for first in range(0, sectors, _ERASED_AT_ONCE):
            last = min(first + _ERASED_AT_ONCE, sectors)
            device.execute(f"for sector in range({first}, {last}):\n    flash.ioctl(6, sector)")
            done += (last - first) * _SECTOR
            show(done, total)
    device.send("import machine\nmachine.reset()")
