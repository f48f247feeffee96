"""The RP2350's hashing engine as the port drives it, by machine code on the emulated RP2040's processor.

No emulator has that engine: here it is played, and stands for what its datasheet says (section 12.13 and the registers'
descriptions): it takes words only when it is ready, is busy for 57 clock cycles after 16 of them, begins anew by START,
and shows a digest only when that is valid. Its lock, a register of the boot ROM's, is taken by reading it.
"""

import hashlib
import struct
import subprocess

import pytest
from edgelet_host.emulator import ensure_processor, pio
from edgelet_host.emulator.processor import Processor
from edgelet_host.firmware import sources
from edgelet_host.paths import FIRMWARE
from rp2040py.peripherals.peripheral import BasePeripheral
from rp2040py.rp2040 import RP2040
from rp2040py.utils.logging import ConsoleLogger, LogLevel

pytestmark = pytest.mark.slow

CODE, BLOCK, DIGEST, STACK, BACK = 0x20000000, 0x20010000, 0x20010100, 0x20020000, 0x20030000
LOCKS_PAGE, ENGINE_PAGE = 0x400E0, 0x400F8  # in units of 4 KB
LOCK = 0x80C
CSR, WDATA, SUM = 0, 4, 8
START, READY, VALID, ERROR, BSWAP = 1, 2, 4, 1 << 4, 1 << 12
BUSY = 57  # clock cycles
SP, LR = 13, 14
LONGEST = 1_000_000
FOR_EVER = b"\xfe\xe7"  # b .


class Locks(BasePeripheral):
    """The boot ROM's locks, of which the first is for the engine."""

    def __init__(self, chip):
        super().__init__(chip, "BOOTRAM")
        self.taken = False

    def read_uint32(self, offset):
        assert offset == LOCK
        free, self.taken = not self.taken, True
        return int(free)

    def write_uint32(self, offset, value):
        assert offset == LOCK
        assert self.taken
        self.taken = False


class Engine(BasePeripheral):
    """The engine. `broken`: it does not leave its reset."""

    def __init__(self, chip, locks):
        super().__init__(chip, "SHA256")
        self._chip, self._locks = chip, locks
        self._words, self._ready_at, self._begun = [], 0, False
        self.broken = False

    def read_uint32(self, offset):
        assert self._locks.taken
        ready = self._chip.core.cycles >= self._ready_at
        if offset == CSR:
            valid = ready and len(self._words) % 16 == 0
            return 0 if self.broken else BSWAP | READY * ready | VALID * valid
        assert SUM <= offset < SUM + 32
        assert ready and self._begun and len(self._words) % 16 == 0
        # The words of whole blocks with a message's end: what SHA-256 of the message is.
        padded = struct.pack(f"<{len(self._words)}I", *self._words)
        length = int.from_bytes(padded[-8:], "big") // 8
        return struct.unpack_from(">I", hashlib.sha256(padded[:length]).digest(), offset - SUM)[0]

    def write_uint32(self, offset, value):
        assert self._locks.taken
        if offset == CSR:
            assert value & ~ERROR == START | BSWAP
            self._words, self._ready_at, self._begun = [], 0, True
            return
        assert offset == WDATA
        assert self._begun
        assert self._chip.core.cycles >= self._ready_at
        self._words.append(value)
        if len(self._words) % 16 == 0:
            self._ready_at = self._chip.core.cycles + BUSY


def compile_port(folder):
    """The port's files as code for the emulated processor; the addresses of their functions."""
    sdk = sources.micropython_tree(["pico-sdk"]) / "lib" / "pico-sdk" / "src"
    (folder / "pico").mkdir()
    (folder / "pico" / "version.h").write_text("")
    (folder / "pico" / "config_autogen.h").write_text("")
    headers = [*sdk.glob("rp2350/*/include"), *sdk.glob("common/*/include"), *sdk.glob("rp2_common/*/include")]
    headers += [folder, sdk / "rp2_common" / "cmsis" / "stub" / "CMSIS" / "Core" / "Include"]
    places = [f"-I{FIRMWARE / 'quickjs_module'}", *(f"-isystem{path}" for path in headers)]
    # That of the SDK's locks which this processor has not is not used.
    defines = ["-DPICO_RP2350=1", "-DPICO_RP2350A=1", "-DPICO_USE_SW_SPIN_LOCKS=0", "-DPORT_SHA256_ENGINE=1"]
    ours = [FIRMWARE / "quickjs_module" / "port" / name for name in ("port_sha256.c", "port_sha256_rp2350.c")]
    command = ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m0plus", "-O2", "-Wall", "-Wextra", *defines, *places]
    command += ["-nostartfiles", "--specs=nano.specs", f"-Wl,-Ttext={CODE:#x}", "-Wl,-e,port_sha256_take"]
    subprocess.run([*command, *ours, "-o", folder / "elf"], check=True)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "elf", "bin"], cwd=folder, check=True)
    listed = subprocess.run(["arm-none-eabi-nm", folder / "elf"], capture_output=True, text=True, check=True)
    return {line.split()[-1]: int(line.split()[0], 16) for line in listed.stdout.splitlines()}


class Machine:
    """A processor with the port's code, and the played engine."""

    def __init__(self, folder, functions):
        self._functions = functions
        chip = RP2040()
        chip.logger = ConsoleLogger(LogLevel.ERROR)
        pio.install(chip)
        self.locks = Locks(chip)
        self.engine = Engine(chip, self.locks)
        chip.peripherals[LOCKS_PAGE], chip.peripherals[ENGINE_PAGE] = self.locks, self.engine
        self._processor = Processor(chip, ensure_processor())
        self._chip = chip
        code = (folder / "bin").read_bytes()
        chip.sram[: len(code)] = code
        chip.sram[BACK - CODE : BACK - CODE + 2] = FOR_EVER

    def call(self, name, *arguments):
        """Call a function; its result."""
        core = self._processor.core
        for number, value in {SP: STACK, LR: BACK | 1, **dict(enumerate(arguments))}.items():
            core.registers[number] = value
        core.pc = self._functions[f"port_sha256_{name}"]
        began = core.cycles
        while core.pc != BACK:
            core.limit = core.cycles + 1
            self._processor._library.processor_run(self._processor._reference)
            if core.stopped:
                self._processor._explain()
            assert core.cycles < began + LONGEST
        return core.registers[0] & 0xFF

    def hash(self, message):
        """The digest of a message."""
        padded = message + b"\x80" + bytes((55 - len(message)) % 64) + struct.pack(">Q", 8 * len(message))
        for begin in range(0, len(padded), 64):
            self._chip.sram[BLOCK - CODE : BLOCK - CODE + 64] = padded[begin : begin + 64]
            self.call("block", BLOCK, int(begin == 0))
        self.call("digest", DIGEST)
        return bytes(self._chip.sram[DIGEST - CODE : DIGEST - CODE + 32])


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sha256")
    return folder, compile_port(folder)


def test_digests_are_those_of_hashlib(port):
    machine = Machine(*port)
    for message in (b"", b"abc", bytes(range(200))):
        assert machine.call("take") == 1
        assert machine.hash(message) == hashlib.sha256(message).digest()
        machine.call("give")
        assert not machine.locks.taken


def test_what_somebody_else_has_is_not_taken(port):
    machine = Machine(*port)
    assert machine.call("take") == 1
    assert machine.call("take") == 0
    machine.call("give")
    assert machine.call("take") == 1


def test_what_another_left_half_done_is_forgotten(port):
    machine = Machine(*port)
    assert machine.call("take") == 1
    machine.call("block", BLOCK, 1)
    assert machine.hash(b"another") == hashlib.sha256(b"another").digest()


def test_an_engine_that_is_not_ready_is_not_taken(port):
    machine = Machine(*port)
    machine.engine.broken = True
    assert machine.call("take") == 0
    assert not machine.locks.taken
