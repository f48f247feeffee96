"""The hard stop of JavaScript on Cortex-M: port_cortexm.c on every architecture of the boards, simulated."""

import subprocess
from pathlib import Path

import pytest
from edgelet_host.paths import FIRMWARE

MODULE = FIRMWARE / "quickjs_module"

# qemu's machine, the processor, where code and data lie, and whether the stack can have a guard: qemu's Cortex-M0 has
# no memory protection unit.
MACHINES = {
    "ARMv6-M": ("microbit", "-mcpu=cortex-m0 -mfloat-abi=soft", 0x00000000, 0x20000000, False),
    "ARMv7-M": ("mps2-an385", "-mcpu=cortex-m3 -mfloat-abi=soft", 0x00000000, 0x20000000, True),
    "ARMv7E-M": ("mps2-an386", "-mcpu=cortex-m4 -mfloat-abi=hard", 0x00000000, 0x20000000, True),
    "ARMv8-M": ("mps2-an505", "-mcpu=cortex-m33 -mfloat-abi=softfp", 0x10000000, 0x38000000, True),
}
QEMU_OPTIONS = ["-nographic", "-semihosting", "-icount", "shift=3"]
RAM_SIZE = 16 * 1024
SIZES = ["-DBARE_ARENA_SIZE=1024", "-DBARE_STACK_SIZE=1024"]


@pytest.mark.parametrize("architecture", MACHINES)
def test_port(architecture, tmp_path):
    machine, processor, code, data, guard = MACHINES[architecture]
    flags = ["-mthumb", *processor.split(), "-std=gnu11", "-Os", "-Wall", "-Wextra", "-Werror"]
    flags += [f"-I{MODULE}", f"-I{FIRMWARE / 'base_module'}"]
    places = [f"-DRAM_END={data + RAM_SIZE:#x}"]
    places += [f"-Wl,--section-start=.vectors={code:#x},-Ttext={code + 0x400:#x},-Tbss={data:#x}"]
    files = [
        Path(__file__).parent / "cortexm_port.c",
        *(MODULE / "port" / f"{name}.c" for name in ("port_cortexm", "port_bare")),
        FIRMWARE / "base_module" / "base_secret.c",
    ]
    program = tmp_path / "port.elf"
    subprocess.run(
        ["arm-none-eabi-gcc", *flags, *SIZES, *places, *files, "-nostartfiles", "-o", program],
        check=True,
    )
    done = subprocess.run(
        ["qemu-system-arm", "-machine", machine, *QEMU_OPTIONS, "-kernel", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert (done.returncode, "ok" in output) == (0, True), output
    assert ("with guard" in output) == guard
