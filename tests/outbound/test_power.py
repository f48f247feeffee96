"""A verification by RSA, in parts, without a firmware around it."""

import subprocess
from pathlib import Path

import pytest
from edgelet_host.firmware import sources

HERE = Path(__file__).parent
MODULE = HERE.parents[1] / "firmware" / "tls_module"
FLAGS = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-ffunction-sections"]
FLAGS += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
DEFINED = ["MICROPY_PY_SSL=1", "TLS_IN_SLICES=1", "MBEDTLS_ECP_RESTARTABLE", "MBEDTLS_PLATFORM_MEMORY"]
LINKING = ["-Wl,--gc-sections", "-Wl,--wrap=mbedtls_mpi_exp_mod,--wrap=mbedtls_mpi_exp_mod_unsafe"]
LIBRARY = ("bignum", "bignum_core", "constant_time", "pk", "platform", "platform_util")


@pytest.mark.parametrize("bits", ["-m64", pytest.param("-m32", marks=pytest.mark.slow)])
def test_the_power_is_that_of_mbedtls_whatever_memory_there_is(tmp_path, bits):
    """A key's constant for which memory had not sufficed was taken for it ever after, and each signature refused."""
    tree = sources.micropython_tree(["mbedtls"])
    mbedtls = tree / "lib" / "mbedtls"
    (tmp_path / "py").mkdir()
    (tmp_path / "py" / "mpconfig.h").write_text("")
    includes = ["-I", tmp_path, "-I", MODULE, "-I", HERE.parent / "support"]
    includes += [word for folder in (tree, mbedtls / "include", mbedtls / "library") for word in ("-isystem", folder)]
    files = [HERE / "power_unit.c", MODULE / "tls_rsa.c", *[mbedtls / "library" / f"{name}.c" for name in LIBRARY]]
    program = tmp_path / "power_unit"
    command = ["gcc", bits, *FLAGS, *[f"-D{name}" for name in DEFINED], *includes, *files, *LINKING, "-o", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
