"""SHA-256's compression by the SHA extensions of x86-64: as mbedTLS' own, from any state, for any block."""

import random
import subprocess
from pathlib import Path

from edgelet_host.firmware import sources
from edgelet_host.paths import FIRMWARE

HERE = Path(__file__).parent
BASE = FIRMWARE / "base_module"
FLAGS = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-DBASE_SHA_OF_PORT=1"]
SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
ORDINARY = 2000


def pairs():
    """Give states and blocks, 96 bytes each: of one bit, of all bits but one, and any."""
    for bit in range(96 * 8):
        one = (1 << bit).to_bytes(96, "little")
        yield one
        yield bytes(byte ^ 0xFF for byte in one)
    numbers = random.Random(1)
    for _ in range(ORDINARY):
        yield numbers.randbytes(96)


def test_both_come_to_the_same(tmp_path):
    micropython = sources.micropython_tree(["mbedtls"])
    mbedtls = micropython / "lib" / "mbedtls"
    places = [f"-I{BASE}", *(f"-isystem{path}" for path in (mbedtls / "include", mbedtls / "library", micropython))]
    ours = [HERE / "sha256_x86_unit.c", BASE / "base_sha256.c", BASE / "base_sha256_x86.c", BASE / "base_secret.c"]
    subprocess.run(["gcc", *FLAGS, *SANITIZED, *places, *ours, "-o", tmp_path / "unit"], check=True)
    done = subprocess.run([tmp_path / "unit"], input=b"".join(pairs()), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")

    has_extensions = " sha_ni" in Path("/proc/cpuinfo").read_text("utf-8")
    if not has_extensions:
        assert done.stdout == b"absent\n"
        return
    states = [done.stdout[at : at + 32] for at in range(0, len(done.stdout), 32)]
    assert len(states) == 2 * (2 * 96 * 8 + ORDINARY)
    assert states[::2] == states[1::2]
