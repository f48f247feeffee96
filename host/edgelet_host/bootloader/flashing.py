"""Brings a firmware to a board: RP2040 and RP2350 by their BOOTSEL volume, ESP32 by esptool."""

import errno
import hashlib
import os
import re
import string
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from edgelet_host.bootloader import esptool
from edgelet_host.device import ports
from edgelet_host.device.console import Device, DeviceError, connect
from edgelet_host.device.targets import Target, board_with, connected_boards, find_targets
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import uf2
from edgelet_host.terminal import Show, say

_INFO = "INFO_UF2.TXT"
# RP2040 datasheet section 2.8.4.2, RP2350 datasheet section 5.7.2: Board-ID -> chip. The volume's label is the same.
_CHIPS = {"RPI-RP2": "RP2040", "RP2350": "RP2350"}
_FILE = "edgelet.uf2"
# Where Linux shows volumes that are mounted and those that are not, and macOS those that are.
_MOUNTS = Path("/proc/self/mounts")
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


def check_board(port: str, volume: Path | None) -> None:
    """Raise EdgeletError where there is no board to flash, or several. port, volume: as `flash_rp2`'s."""
    if port and not ports.exists(port):
        raise EdgeletError(ports.explain(port))
    if not port and _find_volume(volume) is None:
        _only(_board_ports())


def flash_rp2(image: uf2.Uf2, port: str, volume: Path | None, erase: bool, progress: Callable[[str], Show]) -> str:
    """Flash an RP2040 or RP2350 that is in BOOTSEL mode or at a serial port, and compare what it has then.

    port: "" for a board that is found. volume: where BOOTSEL volumes appear, None to look in all mounted ones. erase:
    the file system and kept images too. Gives the port. Raises EdgeletError.
    """
    before = _board_ports()
    found = _find_volume(volume)
    if found is None:
        port = port or _only(before)
        with connect(port) as device:
            _check_board(device, image.chip)
            say(f"{port}: restarting in BOOTSEL mode")
            _enter_bootsel(device)
        found = _wait_for_volume(lambda: _find_volume(volume))
    _check_volume(found, image.chip)
    _copy(image.data, found, progress("copying"))

    def candidates() -> list[str]:
        fresh = [one for one in _board_ports() if one not in (port, *before)]
        return [port, *fresh] if port else fresh

    return _finish(image, found, erase, candidates, progress)


def flash_esp32(image: esptool.Image, port: str, erase: bool, tell: Callable[[str], None]) -> str:
    """Flash an ESP32 at a serial port; esptool compares what it has then. tell: hears esptool. Like `flash_rp2`."""
    before = _board_ports()
    port = port or _only(before)
    if not ports.exists(port):
        raise EdgeletError(ports.explain(port))
    esptool.flash(image, port, erase, tell)
    return _wait_for_repl(lambda: [port, *(one for one in _board_ports() if one not in (port, *before))], None)


class Crowd:
    """Boards that are flashed side by side, each in a thread of its own.

    A volume does not tell which board it is of, and a board without a serial number is another one at another port: so
    no two boards restart at once where one has to be found again that way.
    """

    def __init__(self) -> None:
        self._restarting = threading.Lock()
        self._volumes = set(_volumes(_mounted()))
        boards = [target for target in find_targets() if target.kind == "board"]
        self._serials = {target.serial.casefold() for target in boards if target.serial}
        self.targets = [*boards, *(Target("", str(volume), "bootsel") for volume in sorted(self._volumes))]

    def flash_rp2(self, image: uf2.Uf2, target: Target, erase: bool, progress: Callable[[str], Show]) -> str:
        """Flash one of the targets, like the function of this name."""
        volume = Path(target.name) if target.kind == "bootsel" else self._enter_bootsel(target.port, image.chip)
        _check_volume(volume, image.chip)
        if target.serial:
            _copy(image.data, volume, progress("copying"))
            return _finish(image, volume, erase, lambda: _ports_of(target.serial), progress)
        with ExitStack() as restarting:
            before: set[str] = set()

            def alone() -> None:
                restarting.enter_context(self._restarting)
                before.update(self._strangers())

            _copy(image.data, volume, progress("copying"), alone)
            port = _wait_for_repl(lambda: sorted(self._strangers() - before), volume)
        return _finish(image, volume, erase, lambda: [port], progress)

    def flash_esp32(self, image: esptool.Image, target: Target, erase: bool, tell: Callable[[str], None]) -> str:
        """Flash one of the targets, like the function of this name."""
        if target.kind == "bootsel":
            raise EdgeletError("it is in BOOTSEL mode, which no ESP32 has")
        esptool.flash(image, target.port, erase, tell)
        return _wait_for_repl(lambda: _ports_of(target.serial) if target.serial else [target.port], None)

    def _strangers(self) -> set[str]:
        """Give the ports of boards without a serial number that was known in the beginning."""
        return {board.port for board in connected_boards() if board.serial.casefold() not in self._serials}

    def _enter_bootsel(self, port: str, chip: str) -> Path:
        with connect(port) as device:
            _check_board(device, chip)
            with self._restarting:
                _enter_bootsel(device)
                volume = _wait_for_volume(
                    lambda: next((one for one in _volumes(_mounted()) if one not in self._volumes), None)
                )
                self._volumes.add(volume)
                return volume


def _ports_of(serial: str) -> list[str]:
    board = board_with(serial)
    return [board.port] if board else []


def _finish(
    image: uf2.Uf2, volume: Path, erase: bool, candidates: Callable[[], list[str]], progress: Callable[[str], Show]
) -> str:
    """Wait for a board that restarts, compare what it has in flash, and erase its files where wanted; its port."""
    port = _wait_for_repl(candidates, volume)
    with connect(port) as device:
        _verify(device, image, progress("verifying"))
        if erase:
            _erase_files(device, progress("erasing"))
    return _wait_for_repl(candidates, volume) if erase else port


def _board_ports() -> list[str]:
    return [board.port for board in connected_boards()]


def _only(ports: list[str]) -> str:
    if not ports:
        raise EdgeletError(f"no board found: connect one by USB. If it is connected already, {_BY_HAND}")
    if len(ports) > 1:
        raise EdgeletError(f"there are several boards ({', '.join(ports)}): choose one with --device")
    return ports[0]


def _find_volume(given: Path | None) -> Path | None:
    """Give the volume of the only board that is in BOOTSEL mode, None where none is."""
    found = _volumes([given] if given else _mounted())
    if len(found) > 1:
        raise EdgeletError(f"several boards are in BOOTSEL mode ({', '.join(map(str, found))}): choose with --volume")
    return found[0] if found else None


def _volumes(folders: Iterable[Path]) -> list[Path]:
    return [folder for folder in folders if _is_volume(folder)]


def _mounted() -> list[Path]:
    """Give the places of file systems, among which a BOOTSEL volume may be."""
    if sys.platform == "win32":
        return [Path(f"{letter}:\\") for letter in string.ascii_uppercase[2:]]
    if sys.platform == "darwin":
        return sorted(_VOLUMES.iterdir())
    return _fat_mounts(_MOUNTS.read_text("utf-8"))


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


def _check_board(device: Device, chip: str) -> None:
    """Raise EdgeletError unless the board has that chip, and a BOOTSEL mode which its REPL can enter."""
    machine = device.execute("import sys\nprint(getattr(sys.implementation, '_machine', ''))").strip()
    check_machine(device.port, machine, chip)
    if device.execute("import machine\nprint(hasattr(machine, 'bootloader'))").strip() != "True":
        raise EdgeletError(f"{device.port} is no board with a BOOTSEL mode ({machine})")


def _enter_bootsel(device: Device) -> None:
    device.send("import machine\nmachine.bootloader()")


def check_machine(port: str, machine: str, chip: str) -> None:
    """Raise EdgeletError where a board's own description names another chip."""
    others = [name for name in (*_CHIPS.values(), "ESP32") if name != chip and name in machine]
    if others:
        raise EdgeletError(
            f"the board at {port} has an {others[0]}, and this firmware is for {chip}: take that of its own"
        )


def _wait_for_volume(find: Callable[[], Path | None]) -> Path:
    until = time.monotonic() + _VOLUME_S
    while time.monotonic() < until:
        if found := find():
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


def _copy(data: bytes, volume: Path, show: Show, before_restart: Callable[[], None] = lambda: None) -> None:
    """Write the file; the board restarts with its last block, whatever that does to the volume."""
    sent = 0
    last = max(len(data) - _CHUNK, 0)
    try:
        with (volume / _FILE).open("wb", buffering=0) as file:
            while sent < len(data):
                if sent == last:
                    before_restart()
                sent += file.write(data[sent : min(sent + _CHUNK, last) if sent < last else len(data)])
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


def _wait_for_repl(candidates: Callable[[], list[str]], volume: Path | None) -> str:
    """Wait until the board answers at one of the ports where it may be by then, as the system may number it anew."""
    until = time.monotonic() + _START_S
    reason = "no serial port appeared"
    while time.monotonic() < until:
        for candidate in candidates():
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
