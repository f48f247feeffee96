"""The C modules compile without a warning for the processors of the boards that the project is made for."""

import subprocess

import pytest
from edgelet_host import sources
from edgelet_host.paths import FIRMWARE
from qemu_helpers import BOARD, board_firmware

pytestmark = pytest.mark.slow

# As the boards' ports have it: RP2040, and RP2350 with its single-precision unit.
PROCESSORS = {
    "cortex-m0plus": ["-mcpu=cortex-m0plus", "-mfloat-abi=soft"],
    "cortex-m33": ["-mcpu=cortex-m33", "-mfloat-abi=softfp"],
}
WARNINGS = ["-Wall", "-Wextra", "-Wpointer-arith", "-Wdouble-promotion", "-Wfloat-conversion", "-Werror"]
ENGINE = ["-D__SANITIZE_ADDRESS__=1", "-D__DJGPP", "-DNDEBUG", "-fno-strict-aliasing"]
SOURCES = sorted([*FIRMWARE.glob("quickjs_module/*.c"), *FIRMWARE.glob("http_module/*.c")])


@pytest.fixture(scope="module")
def includes():
    """Our folders; MicroPython, its generated names and the engine, whose headers may warn."""
    build = board_firmware().parent
    tree = sources.micropython_tree(["mbedtls"])
    ours = [FIRMWARE / "quickjs_module", FIRMWARE / "http_module", build / "quickjs_module"]
    others = [FIRMWARE / "boards" / BOARD, build, tree, tree / "ports" / "qemu"]
    others += [sources.ensure("quickjs-ng"), tree / "lib" / "mbedtls" / "include"]
    return [*(f"-I{path}" for path in ours), *(f"-isystem{path}" for path in others)]


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_compiles(source, processor, includes, tmp_path):
    flags = ["-mthumb", *PROCESSORS[processor], "-std=gnu11", "-D_GNU_SOURCE", "-Os", *WARNINGS]
    defines = ["-DQJS_DISABLE_PARSER", "-DMP_CONFIGFILE=<mpconfigboard.h>"]
    engine = ENGINE if source.name == "engine.c" else []
    command = ["arm-none-eabi-gcc", *flags, *defines, *engine, *includes, "-c", source]
    done = subprocess.run([*command, "-o", tmp_path / "object.o"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
