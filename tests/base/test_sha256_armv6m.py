"""SHA-256's compression for the RP2040's processor, in assembler, on the emulated one, which counts clock cycles."""

import hashlib
import random
import struct
import subprocess

import pytest
from edgelet_host.emulator import ensure_processor, pio
from edgelet_host.emulator.processor import Processor
from edgelet_host.paths import FIRMWARE
from rp2040py.rp2040 import RP2040
from rp2040py.utils.logging import ConsoleLogger, LogLevel

CODE, STATE, BLOCK, STACK, BACK = 0x20000000, 0x20010000, 0x20010100, 0x20020000, 0x20030000
SP, LR = 13, 14
INITIAL = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
KEPT = {number: 0x1000 + number for number in range(4, 12)}  # what a function leaves as it was
SAVED = 10 * 4  # bytes on the stack, of the caller
LONGEST = 10_000


@pytest.fixture(scope="module")
def compress(tmp_path_factory):
    """Compress a block from a state; the state, and how many cycles that took."""
    folder = tmp_path_factory.mktemp("sha256")
    source = FIRMWARE / "base_module" / "base_sha256_armv6m.S"
    places = [f"-Wl,-Ttext={CODE:#x}", "-Wl,-e,base_sha256_compress", "-nostdlib"]
    command = ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m0plus", *places, source, "-o", folder / "elf"]
    subprocess.run(command, check=True)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "elf", "bin"], cwd=folder, check=True)
    entry = struct.unpack_from("<I", (folder / "elf").read_bytes(), 24)[0]
    chip = RP2040()
    chip.logger = ConsoleLogger(LogLevel.ERROR)
    pio.install(chip)
    processor = Processor(chip, ensure_processor())
    code = (folder / "bin").read_bytes()
    chip.sram[: len(code)] = code

    def run(state, block):
        core, ram = processor.core, chip.sram
        struct.pack_into("<8I", ram, STATE - CODE, *state)
        ram[BLOCK - CODE : BLOCK - CODE + 64] = block
        ram[STACK - CODE - 256 : STACK - CODE] = bytes(256)
        for number, value in {**KEPT, 0: STATE, 1: BLOCK, SP: STACK, LR: BACK | 1}.items():
            core.registers[number] = value
        core.pc = entry & ~1
        began = core.cycles
        while core.pc != BACK:
            core.limit = core.cycles + 1
            processor._library.processor_run(processor._reference)
            assert not core.stopped
            assert core.cycles < began + LONGEST
        assert {number: core.registers[number] for number in KEPT} == KEPT
        assert core.registers[SP] == STACK
        assert not any(ram[STACK - CODE - 256 : STACK - CODE - SAVED])
        assert ram[BLOCK - CODE : BLOCK - CODE + 64] == block
        return struct.unpack_from("<8I", ram, STATE - CODE), core.cycles - began

    return run


@pytest.mark.slow
def test_digests_are_those_of_hashlib(compress):
    numbers = random.Random(1)
    for length in (0, 3, 55, 56, 64, 200):
        message = numbers.randbytes(length)
        padded = message + b"\x80" + bytes((55 - length) % 64) + struct.pack(">Q", 8 * length)
        state = INITIAL
        for begin in range(0, len(padded), 64):
            state, _ = compress(state, padded[begin : begin + 64])
        assert struct.pack(">8I", *state) == hashlib.sha256(message).digest(), length


@pytest.mark.slow
def test_a_block_takes_what_its_comment_says_whatever_is_in_it(compress):
    blocks = (b"\x01" * 64, b"\xff" * 64, random.Random(2).randbytes(64))
    assert {compress(INITIAL, block)[1] for block in blocks} == {3969}
