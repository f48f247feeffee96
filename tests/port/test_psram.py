"""Which RP2350 looks for PSRAM, with its package and its pin played."""

import subprocess
from pathlib import Path

import pytest
from edgelet_host.paths import FIRMWARE

PSRAM = FIRMWARE / "boards" / "rp2" / "psram.c"
HEADERS = {
    "hardware/gpio.h": "typedef unsigned int uint;\nvoid gpio_deinit(uint gpio);\n",
    "hardware/structs/sysinfo.h": (
        "#define SYSINFO_PACKAGE_SEL_BITS 1u\n"
        "typedef struct { unsigned package_sel; } sysinfo_hw_t;\nextern sysinfo_hw_t *sysinfo_hw;\n"
    ),
}
RP2350A, RP2350B = "1", "0"


@pytest.fixture
def program(tmp_path):
    for name, text in HEADERS.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    files = [PSRAM, Path(__file__).with_name("psram_unit.c")]
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", f"-I{tmp_path}"]
    subprocess.run(["gcc", *flags, *files, "-o", tmp_path / "unit"], check=True)
    return tmp_path / "unit"


@pytest.mark.parametrize(
    ("package", "size", "found"),
    [
        # It is set up again after each write to the flash.
        (RP2350B, "8388608", "8388608 8388608 8388608 3 0"),
        # The pin is something else's: it is not driven again.
        (RP2350B, "0", "0 0 0 1 1"),
        # There is no such pin.
        (RP2350A, "8388608", "0 0 0 0 0"),
    ],
)
def test_psram_is_looked_for_where_its_pin_is(program, package, size, found):
    done = subprocess.run([program, package, size], capture_output=True, text=True, check=True)
    assert done.stdout.split() == found.split()
