"""ESP-IDF's headers and configuration for our ESP32-C3 board, and a compiler for its instruction set.

ESP-IDF is the folder that IDF_PATH names; its tool `kconfgen` is in the Python environment that its export.sh says
(IDF_PYTHON_ENV_PATH). The compiler and the C library are Debian's, in place of Espressif's: what they take is that of
another GCC version.
"""

import os
import re
import subprocess
from functools import cached_property
from pathlib import Path

from edgelet_host.firmware import sources
from edgelet_host.firmware.boards import board_build, board_firmware
from edgelet_host.firmware.system import RISCV_PACKAGES, ensure_packages
from edgelet_host.paths import FIRMWARE

BOARD, CHIP = "EDGELET_ESP32_C3", "esp32c3"
ESP32 = FIRMWARE / "boards" / "esp32"
COMPILER = "riscv64-unknown-elf-gcc"
MACHINE = ["-march=rv32imc", "-misa-spec=2.2", "-mabi=ilp32"]
# As micropython.cmake has them for boards.
OPTIONS = ["-Os", "-ffunction-sections", "-fdata-sections", "-std=gnu17", "-D_GNU_SOURCE", "-DQJS_DISABLE_PARSER=1"]
OPTIONS += ["-DISOLATE_LOG_SIZE=1536", "-DISOLATE_MESSAGE_SIZE=512", "-DISOLATE_STACK_SIZE=1024"]
ENGINE = ["-D__SANITIZE_ADDRESS__=1", "-D__DJGPP", "-DNDEBUG", "-fno-strict-aliasing"]
# What sees our copy of mbedTLS first, as the modules' micropython.cmake have it.
OWN_MBEDTLS = {*FIRMWARE.glob("base_module/*.c"), *FIRMWARE.glob("quickjs_module/*/*.c")}
# Below a component's folder; the chip's name, and that of its processor, stand for themselves.
INCLUDES = """
include {chip}/include {chip} include/{chip} include/soc include/esp_private port/include port/{chip} port/soc
port/include/riscv platform_include platform_port/include config/include config/include/freertos config/riscv/include
FreeRTOS-Kernel/include FreeRTOS-Kernel/portable/riscv/include FreeRTOS-Kernel/portable/riscv/include/freertos
esp_additions/include port/freertos/include port/esp32xx/include lwip/src/include */include
"""


class EspIdf:
    """ESP-IDF for the board; what is made of it goes to `folder`."""

    def __init__(self, folder: Path) -> None:
        ensure_packages(RISCV_PACKAGES)
        self.folder = folder
        self.configuration = folder / "sdkconfig.h"
        self.components = Path(os.environ["IDF_PATH"]) / "components"
        self.mbedtls = self.components / "mbedtls" / "mbedtls"
        self.tree = sources.micropython_tree(["mbedtls"])
        # For the generated names, which are those of all our modules on any board.
        board_firmware("EDGELET_PICO")
        [self._generated] = board_build("EDGELET_PICO").firmware.parent.glob("make/*/rp2")
        self._configure()

    def _configure(self) -> None:
        """Write sdkconfig.h, as ESP-IDF's build does it."""
        kinds = {"kconfigs.in": "Kconfig", "kconfigs_projbuild.in": "Kconfig.projbuild"}
        for name, kind in kinds.items():
            lines = [f'source "{path}"\n' for path in sorted(self.components.glob(f"*/{kind}"))]
            (self.folder / name).write_text("".join(lines))
        boards = self.tree / "ports" / "esp32" / "boards"
        defaults = [
            boards / "sdkconfig.base",
            boards / "ESP32_GENERIC_C3" / "sdkconfig.c3usb",
            ESP32 / "sdkconfig.edgelet",
        ]
        root = self.components.parent
        variables = {
            "IDF_TARGET": CHIP,
            "IDF_PATH": root,
            "IDF_TOOLCHAIN": "gcc",
            "IDF_ENV_FPGA": "",
            "IDF_INIT_VERSION": "",
            "COMPONENT_SDKCONFIG_RENAMES": " ".join(map(str, self.components.glob("*/sdkconfig.rename"))),
            "COMPONENT_KCONFIGS_SOURCE_FILE": self.folder / "kconfigs.in",
            "COMPONENT_KCONFIGS_PROJBUILD_SOURCE_FILE": self.folder / "kconfigs_projbuild.in",
        }
        python = Path(os.environ["IDF_PYTHON_ENV_PATH"]) / "bin" / "python"
        command = [python, "-m", "kconfgen", "--kconfig", root / "Kconfig", "--config", self.folder / "sdkconfig"]
        command += ["--sdkconfig-rename", root / "sdkconfig.rename", "--output", "header", self.configuration]
        for path in defaults:
            command += ["--defaults", path]
        for name, value in variables.items():
            command += ["--env", f"{name}={value}"]
        subprocess.run(command, check=True, capture_output=True)

    @cached_property
    def _places(self) -> list[str]:
        patterns = INCLUDES.format(chip=CHIP).split()
        found = [path for pattern in patterns for path in sorted(self.components.glob(f"*/{pattern}"))]
        # What is for a computer.
        theirs = [path for path in found if path.is_dir() and "linux" not in path.relative_to(self.components).parts]
        tree = self.tree
        theirs += [ESP32, self._generated, self._generated / "quickjs_module", tree, tree / "ports" / "esp32"]
        theirs += [self.mbedtls / "library", tree / "lib" / "lwip" / "src" / "include"]
        theirs += [sources.ensure(name) for name in ("quickjs-ng", "zlib", "pymonocypher")]
        scrypt = sources.ensure("scrypt")
        theirs += [scrypt / "lib" / "crypto", scrypt / "libcperciva" / "util"]
        ours = [self.folder, FIRMWARE / "boards" / BOARD]
        ours += [FIRMWARE / f"{name}_module" for name in ("base", "http", "log", "quickjs")]
        places = [f"-I{path}" for path in ours] + [f"-isystem{path}" for path in theirs]
        return [*places, *self._library()]

    @staticmethod
    def _library() -> list[str]:
        """The headers of newlib, which Espressif's C library is: those that Debian has for another processor."""
        command = [COMPILER, "-print-file-name=include"]
        own = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        command = ["arm-none-eabi-gcc", "-print-file-name=include"]
        fixed = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
        return [
            "-nostdinc",
            "-isystem/usr/include/newlib",
            f"-isystem{own}",
            f"-idirafter{fixed.parent}/install-tools/include",
        ]

    def compile(self, source: Path, into: Path, *options: str) -> str:
        """Compile a file; what the compiler says, "" where it is content."""
        defines = ["-DESP_PLATFORM", '-DIDF_VER="0"', f"-DCONFIG_IDF_TARGET_{CHIP.upper()}=1"]
        defines += ["-DMP_CONFIGFILE=<mpconfigesp32.h>", "-D_RETARGETABLE_LOCKING=1"]
        defines += ['-DMBEDTLS_CONFIG_FILE="mbedtls/esp_config.h"', *(["-DTLS_IN_SLICES=1"] if self.in_slices else [])]
        command = [COMPILER, *MACHINE, *OPTIONS, *defines, *(ENGINE if source.name == "engine.c" else []), *options]
        first = [f"-I{self.tree / 'lib' / 'mbedtls' / 'include'}"] if source in OWN_MBEDTLS else []
        command += [*first, *self._places, "-c", source, "-o", into]
        return subprocess.run(command, capture_output=True, text=True, check=False).stderr

    @cached_property
    def in_slices(self) -> bool:
        """Whether tls_module/micropython.cmake divides handshakes of TLS."""
        return "#define CONFIG_MBEDTLS_ECP_RESTARTABLE 1\n" in self.configuration.read_text()

    def defines(self, name: str) -> bool:
        """Whether a file of ESP-IDF's own has the function, or the chip's ROM."""
        body = rf"^[\w \t*]*\b{name}\s*\([^;{{]*\)\s*(?:\{{|__attribute__\(\(alias)"
        return (
            re.search(rf"\b{name} = 0x", self._rom) is not None or re.search(body, self._text, re.MULTILINE) is not None
        )

    @cached_property
    def _rom(self) -> str:
        return "\n".join(path.read_text() for path in (self.components / "esp_rom" / CHIP / "ld").glob("*.ld"))

    @cached_property
    def _text(self) -> str:
        names = [
            "freertos",
            "heap",
            "esp_timer",
            "esp_hw_support",
            "esp_app_format",
            "esp_system",
            "hal",
            "mbedtls",
            "lwip",
        ]
        files = [path for name in names for path in sorted((self.components / name).rglob("*.[ch]"))]
        return "\n".join(path.read_text(errors="replace") for path in files if "linux" not in path.parts)
