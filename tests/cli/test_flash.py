"""`edgelet flash`: an RP2040 whose boot ROM and flash are played, at a real pty and with the real runtime; esptool."""

import os
import pty
import shutil
import struct
import tempfile
import tty
from pathlib import Path

import pytest
from cli_helpers import Cli, greeting
from edgelet_host.bootloader import esptool
from edgelet_host.bootloader.flashing import check_machine
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import uf2
from edgelet_host.firmware.boards import board_firmware
from flash_helpers import FIRMWARE_BYTES, INFO, RP2350, SAMD51, Pico, make_uf2, running


def flash(cli: Cli, board: Pico, image: Path, *options: str):
    return cli.run("flash", "--image", image, "--volume", board.volume, "--device", board.port, *options)


CONTENT = os.urandom(150_000)


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    return make_uf2(tmp_path_factory.mktemp("image") / "firmware.uf2", CONTENT)


def test_a_board_at_its_serial_port_is_flashed_and_keeps_its_files(firmware, tmp_path, image):
    cli = Cli(tmp_path)
    with running(Pico(firmware, tmp_path)) as board:
        cli.ok("deploy", greeting(tmp_path, "kept"), "--device", board.port)
        cli.ok("setup", "--set", "hostname=kitchen", "--device", board.port)
        done = flash(cli, board, image)
        assert done.status == 0, done.err
        assert f"is on the board at {board.port}, compared and started" in done.out
        assert board.chip.read_bytes()[: len(CONTENT)] == CONTENT
        assert cli.ok("list", "--device", board.port) == "kept\n"
        assert cli.run("status", "--json", "--device", board.port).json()["hostname"] == "kitchen"


@pytest.mark.slow
def test_the_firmware_of_a_board_is_built_and_flashed(firmware, tmp_path):
    with running(Pico(firmware, tmp_path), in_bootsel=True) as board:
        given = ["--volume", board.volume, "--device", board.port]
        assert "EDGELET_PICO.uf2 (SHA-256 " in Cli(tmp_path).ok("flash", "--board", "EDGELET_PICO", *given)
        built = board_firmware("EDGELET_PICO").with_suffix(".bin").read_bytes()
        assert board.chip.read_bytes()[: len(built)] == built


def test_the_file_system_and_images_are_erased_when_told(firmware, tmp_path, image):
    cli = Cli(tmp_path)
    with running(Pico(firmware, tmp_path)) as board:
        cli.ok("deploy", greeting(tmp_path, "gone"), "--device", board.port)
        cli.ok("secret", "put", "KEY", "--device", board.port, stdin="canary-in-flash")
        with board.chip.open("r+b") as chip:
            chip.seek(FIRMWARE_BYTES + 4096)
            chip.write(b"an image with canary-in-flash")
        assert b"canary-in-flash" in board.chip.read_bytes()
        done = flash(cli, board, image, "--erase-filesystem")
        assert done.status == 0, done.err
        assert cli.ok("list", "--device", board.port) == ""
        assert b"canary-in-flash" not in board.chip.read_bytes()
        assert board.chip.read_bytes()[: len(CONTENT)] == CONTENT


def test_a_board_in_bootsel_mode_is_flashed(firmware, tmp_path, image):
    with running(Pico(firmware, tmp_path), in_bootsel=True) as board:
        done = flash(Cli(tmp_path), board, image)
        assert done.status == 0, done.err
        assert board.chip.read_bytes()[: len(CONTENT)] == CONTENT


def test_a_terminal_shows_bars(firmware, tmp_path, image):
    with running(Pico(firmware, tmp_path), in_bootsel=True) as board:
        command = ["flash", "--image", image, "--volume", board.volume, "--device", board.port]
        shown = Cli(tmp_path).terminal(*command)
        assert shown.status == 0
        assert "copying" in shown.out
        assert "verifying" in shown.out


def test_flash_that_is_not_what_was_sent_is_found(firmware, tmp_path, image):
    with running(Pico(firmware, tmp_path, program=False), in_bootsel=True) as board:
        done = flash(Cli(tmp_path), board, image)
        assert done.status == 1
        assert "the board's flash differs from the firmware at 0x10000000" in done.err


@pytest.fixture
def bootsel(tmp_path):
    """A volume of a board in BOOTSEL mode."""
    volume = tmp_path / "RPI-RP2"
    volume.mkdir()
    (volume / "INFO_UF2.TXT").write_text(INFO)
    return volume


def refused(tmp_path, volume, image) -> str:
    message = Cli(tmp_path).fails("flash", "--image", image, "--volume", volume)
    assert [path.name for path in volume.iterdir()] == ["INFO_UF2.TXT"]
    return message


def test_a_firmware_for_another_chip_is_refused(tmp_path, bootsel, image):
    other = make_uf2(tmp_path / "rp2350.uf2", b"x" * 1000, RP2350)
    assert "has an RP2040, and this firmware is for RP2350" in refused(tmp_path, bootsel, other)
    (bootsel / "INFO_UF2.TXT").write_text(INFO.replace("RPI-RP2", "RP2350"))
    assert "has an RP2350, and this firmware is for RP2040" in refused(tmp_path, bootsel, image)
    (bootsel / "INFO_UF2.TXT").write_text(INFO.replace("RPI-RP2", "SAMD51J19A"))
    assert "'SAMD51J19A'" in refused(tmp_path, bootsel, image)
    foreign = make_uf2(tmp_path / "samd.uf2", b"x" * 1000, SAMD51)
    assert "is for another chip than RP2040 and RP2350: its family is 0x55114460" in refused(tmp_path, bootsel, foreign)
    with pytest.raises(EdgeletError, match="at /dev/ttyACM0 has an RP2350, and this firmware is for RP2040"):
        check_machine("/dev/ttyACM0", "edgelet on Raspberry Pi Pico 2 W with RP2350", "RP2040")
    check_machine("/dev/ttyACM0", "edgelet on Raspberry Pi Pico with RP2040", "RP2040")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[:-512], "585 of 586 blocks"),
        (lambda data: data[:512] + data[1024:], "585 of 586 blocks"),
        (lambda data: data[:-100], "is no UF2 file"),
        (lambda data: b"", "is no UF2 file"),
        (lambda data: data[:1023] + b"x" + data[1024:], "damaged at block 1"),
        (lambda data: data[:512] + b"x" + data[513:], "damaged at block 1"),
        (lambda data: data[:528] + b"\xff\xff" + data[530:], "damaged at block 1"),
        (lambda data: data[:536] + b"\xff" + data[537:], "damaged at block 1"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, bootsel, image, spoil, message):
    spoilt = tmp_path / "spoilt.uf2"
    spoilt.write_bytes(spoil(image.read_bytes()))
    assert message in refused(tmp_path, bootsel, spoilt)


def test_the_first_block_of_an_rp2350_file_is_for_its_boot_rom(tmp_path):
    """Pico-sdk puts a block in front for erratum RP2350-E10, which has a family and a numbering of its own."""
    plain = make_uf2(tmp_path / "plain.uf2", b"x" * 1000, RP2350).read_bytes()
    first = bytearray(plain[:512])
    struct.pack_into("<6I", first, 8, 0x2000, 0x10FFFF00, 256, 0, 2, 0xE48BFF57)
    parsed = uf2.parse(bytes(first) + plain, "both")
    assert (parsed.chip, parsed.parts) == ("RP2350", uf2.parse(plain, "plain").parts)


def test_a_volume_that_is_full_is_told(tmp_path, bootsel, image):
    (bootsel / "edgelet.uf2").symlink_to("/dev/full")
    message = Cli(tmp_path).fails("flash", "--image", image, "--volume", bootsel)
    assert f"cannot write to {bootsel} (No space left on device): it is full: unplug the board" in message


def test_a_volume_that_one_may_not_write_is_told(bootsel, image, tmp_path):
    with tempfile.TemporaryDirectory() as name:
        # Below tmp_path only its owner may look.
        place = Path(name)
        place.chmod(0o755)
        volume = shutil.copytree(bootsel, place / "volume")
        copied = Path(shutil.copy(image, place))
        for path, mode in ((copied, 0o444), (volume / "INFO_UF2.TXT", 0o444), (volume, 0o555)):
            path.chmod(mode)
        done = Cli(tmp_path).as_nobody("flash", "--image", copied, "--volume", volume)
        assert done.status == 1
        assert done.err.startswith(f"Error: cannot write to {volume} (Permission denied): mount it as yourself")
        assert [path.name for path in volume.iterdir()] == ["INFO_UF2.TXT"]


def test_without_a_board_it_says_what_to_do(tmp_path, image):
    cli = Cli(tmp_path)
    (tmp_path / "empty").mkdir()
    message = cli.fails("flash", "--image", image, "--volume", "empty")
    assert "no board found: connect one by USB" in message
    assert "hold its BOOTSEL button" in message
    assert "there is no /dev/ttyACM99" in cli.fails("flash", "--image", image, "--device", "/dev/ttyACM99")
    assert "--board NAME to build it, or --image FILE" in cli.fails("flash")
    assert "There is no board NONE; there are: EDGELET_" in cli.fails("flash", "--board", "NONE")
    (tmp_path / "notes.txt").write_text("x")
    assert "neither a .uf2 nor a .bin" in cli.fails("flash", "--image", "notes.txt")


# ESP32


def esp32_image(path: Path, chip: int) -> Path:
    """Make an image's head: magic, segments, mode, size, entry, pins, chip (ESP-IDF's esp_app_format.h)."""
    path.write_bytes(struct.pack("<4BI4BH", 0xE9, 1, 0, 0x20, 0x40080000, 0xEE, 0, 0, 0, chip) + bytes(2000))
    return path


def test_an_esp32_image_tells_its_chip_and_place(tmp_path):
    images = [esptool.read_image(esp32_image(tmp_path / "firmware.bin", chip)) for chip in (0, 5, 9)]
    assert [(image.chip, image.offset) for image in images] == [("esp32", 0x1000), ("esp32c3", 0), ("esp32s3", 0)]


@pytest.mark.parametrize(("content", "message"), [(None, "(number 2)"), (b"MZ" * 20, "is no ESP32 firmware")])
def test_what_is_no_image_for_a_known_esp32_is_refused(tmp_path, content, message):
    image = esp32_image(tmp_path / "firmware.bin", 2)
    if content:
        image.write_bytes(content)
    master, slave = pty.openpty()
    assert message in Cli(tmp_path).fails("flash", "--image", image, "--device", os.ttyname(slave))
    os.close(master)
    os.close(slave)


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--erase-filesystem"]])
def test_what_esptool_cannot_reach_is_told(tmp_path, options):
    image = esp32_image(tmp_path / "firmware.bin", 0)
    master, slave = pty.openpty()
    tty.setraw(slave)
    done = Cli(tmp_path).run("flash", "--image", image, "--device", os.ttyname(slave), *options)
    assert done.status == 1
    [error] = [line for line in done.err.splitlines() if line.startswith("Error: ")]
    assert f"Error: esptool at {os.ttyname(slave)}: Failed to connect to ESP32: No serial data received. " in error
    assert "BOOT button" in error
    os.close(master)
    os.close(slave)
