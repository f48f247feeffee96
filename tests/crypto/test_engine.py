"""SHA-256 by a chip's engine: the code around it, with an engine that is played by software."""

import hashlib
import hmac
import subprocess
import sys
from pathlib import Path

import pytest
from edgelet_host.firmware import sources
from edgelet_host.paths import FIRMWARE

HERE = Path(__file__).parent
BASE, QUICKJS = FIRMWARE / "base_module", FIRMWARE / "quickjs_module"
OURS = [QUICKJS / name for name in ("crypto/crypto_hash.c", "crypto/crypto_engine.c", "port/port_sha256.c")]
MESSAGE = bytes(i * 7 % 256 for i in range(65537))
FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-DPORT_SHA256_ENGINE=1"]
SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run the program in a mode; its lines but the last, and how many blocks its engine took."""
    folder = tmp_path_factory.mktemp("engine")
    mbedtls = sources.micropython_tree(["mbedtls"]) / "lib" / "mbedtls"
    names = folder / "crypto_mbedtls_names.h"
    subprocess.run([sys.executable, QUICKJS / "crypto" / "crypto_mbedtls_names.py", mbedtls, names], check=True)
    places = [f"-I{BASE}", f"-I{QUICKJS}", f"-isystem{folder}"]
    others = [mbedtls / "include", mbedtls / "library", sources.ensure("quickjs-ng"), mbedtls.parents[1]]
    places += [f"-isystem{path}" for path in others]
    ours = [HERE / "engine_unit.c", *OURS, *BASE.glob("base_s*.c")]
    subprocess.run(["gcc", *FLAGS, *SANITIZED, *places, *ours, "-o", folder / "unit"], check=True)

    def run(mode):
        done = subprocess.run([folder / "unit", mode], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        *lines, blocks = done.stdout.splitlines()
        return lines, int(blocks.removeprefix("blocks "))

    return run


def expected(line):
    """What Python has for a line of the program."""
    name, length, _ = line.split()
    text = MESSAGE[: int(length)]
    if name == "sha256":
        digest = hashlib.sha256(text)
    elif name == "pbkdf2":
        return f"{line.rpartition(' ')[0]} {hashlib.pbkdf2_hmac('sha256', text, text, 200, 100).hex()}"
    else:
        kind = "sha1" if name == "hmac1" else "sha256"
        digest = hmac.new(text, MESSAGE[:3] if name == "hmac3" else text, kind)
    return f"{name} {length} {digest.hexdigest()}"


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["sound", "taken", "shared", "unsound"])
def test_hashes_macs_and_keys_are_pythons_whoever_has_the_engine(run, mode):
    lines, _ = run(mode)
    assert len(lines) > 50
    assert lines == [expected(line) for line in lines]


@pytest.mark.slow
def test_the_engine_takes_what_it_can(run):
    # PBKDF2: two keys of 100 bytes each, four digests of 199 iterations and four blocks by the engine.
    assert run("sound")[1] > 2 * 4 * 199 * 4
    assert 1000 < run("shared")[1] < run("sound")[1]
    assert run("taken")[1] == 0


@pytest.mark.slow
def test_an_engine_that_computes_something_else_is_asked_once(run):
    assert run("unsound")[1] == 1
