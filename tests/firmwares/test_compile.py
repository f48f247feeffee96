"""The C modules compile without a warning for the processors of the boards that the project is made for."""

import subprocess
from pathlib import Path

import pytest
from edgelet_host.firmware import sources
from edgelet_host.paths import FIRMWARE
from qemu_helpers import CORTEX_M3, RV32, board_firmware

pytestmark = pytest.mark.slow

# As the boards' ports have it: RP2040, RP2350 with its single-precision unit, and ESP32-C3. An ESP32 or ESP32-S3 has an
# Xtensa LX6 or LX7, for which Debian has no compiler: the one for the LX106 checks syntax and types, no more.
PROCESSORS = {
    "cortex-m0plus": (CORTEX_M3, "arm-none-eabi-gcc -mthumb -mcpu=cortex-m0plus -mfloat-abi=soft"),
    "cortex-m33": (CORTEX_M3, "arm-none-eabi-gcc -mthumb -mcpu=cortex-m33 -mfloat-abi=softfp"),
    "rv32imc": (
        RV32,
        "riscv64-unknown-elf-gcc -march=rv32imc -misa-spec=2.2 -mabi=ilp32 --specs=picolibc.specs",
    ),
    "lx106": (CORTEX_M3, "xtensa-lx106-elf-gcc -fsyntax-only"),
}
# Nothing is optimized, which takes as long again: what the optimizer warns of ends the builds of the firmware for Linux
# (-Wextra, too) and of the simulated boards, a Cortex-M3 and a RV32IMC.
WARNINGS = ["-Wall", "-Wextra", "-Wpointer-arith", "-Wdouble-promotion", "-Wfloat-conversion", "-Werror"]
ENGINE = ["-D__SANITIZE_ADDRESS__=1", "-D__DJGPP", "-DNDEBUG", "-fno-strict-aliasing"]
MODULES = [FIRMWARE / f"{name}_module" for name in ("base", "http", "quickjs")]
SOURCES = sorted(path for module in MODULES for path in module.glob("**/*.c"))


def arm_headers() -> list[str]:
    """The C library's headers, of Arm's compiler: the LX106's has no library."""
    command = ["arm-none-eabi-gcc", "-print-file-name=libc.a"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [f"-isystem{Path(done.stdout.strip()).resolve().parents[1] / 'include'}"]


@pytest.fixture(scope="module")
def includes():
    """For a board: our folders; MicroPython, its generated names and the engine, whose headers may warn."""

    def folders(board, room):
        build = next(board_firmware(board).parent.glob("make/*/qemu"))
        tree = sources.micropython_tree(["mbedtls"])
        ours = [*MODULES, build / "quickjs_module"]
        others = [FIRMWARE / "boards" / "qemu", build, tree, tree / "ports" / "qemu"]
        others += [sources.ensure("quickjs-ng"), sources.ensure("zlib"), tree / "lib" / "mbedtls" / "include"]
        if room == "crypto":
            scrypt = sources.ensure("scrypt")
            others += [sources.ensure("pymonocypher"), scrypt / "lib" / "crypto", scrypt / "libcperciva" / "util"]
        return [*(f"-I{path}" for path in ours), *(f"-isystem{path}" for path in others)]

    return folders


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_compiles(source, processor, includes, tmp_path):
    board, compiler = PROCESSORS[processor]
    flags = ["-std=gnu11", "-D_GNU_SOURCE", "-O0", *WARNINGS]
    defines = ["-DQJS_DISABLE_PARSER", "-DMP_CONFIGFILE=<mpconfigqemu.h>"]
    engine = ENGINE if source.name == "engine.c" else []
    library = arm_headers() if processor == "lx106" else []
    command = [*compiler.split(), *flags, *defines, *engine, *includes(board, source.parent.name), *library]
    command += ["-c", source, "-o", tmp_path / "object.o"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
