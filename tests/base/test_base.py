"""The C tests of what all our C modules share, each built for 64 and 32 bits, plain and with sanitizers."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULE = HERE.parents[1] / "firmware" / "base_module"

FLAGS = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", f"-I{MODULE}"]
SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
BUILDS = {
    "gcc": ["gcc"],
    "gcc-32": ["gcc", "-m32"],
    "gcc-sanitized": ["gcc", *SANITIZED],
    "clang-sanitized": ["clang", *SANITIZED],
}


@pytest.mark.parametrize("name", BUILDS)
def test_units(name, tmp_path):
    files = [HERE / "base_unit.c", *sorted(MODULE.glob("base_[!s]*.c")), MODULE / "base_secret.c"]
    program = tmp_path / "unit"
    subprocess.run([*BUILDS[name], *FLAGS, *files, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
